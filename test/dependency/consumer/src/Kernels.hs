-- | Imports of the package's own C.
module Kernels (team, total) where

import Foreign.C.Types (CInt (..), CLong (..))

foreign import ccall safe "consumer_team" team :: CInt -> IO CInt
foreign import ccall safe "consumer_sum" total :: CLong -> IO CLong
