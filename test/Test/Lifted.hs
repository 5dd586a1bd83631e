{-# LANGUAGE TemplateHaskell #-}
-- The modules are imported for the splices, which look names up.
{-# OPTIONS_GHC -Wno-unused-imports #-}

-- | What the modules for other monads do not have.
module Test.Lifted (missing, plain) where

import qualified Control.Parallel.OpenMP as IO
import qualified Control.Parallel.OpenMP.Task as Task
import qualified Control.Parallel.OpenMP.Unlift as Unlift
import qualified Control.Parallel.OpenMP.Unlift.Task as UnliftTask
import Test.Exports

missing :: [String]
missing =
  $(notLifted "hs/Control/Parallel/OpenMP.hs" "IO" "Unlift")
    ++ $(notLifted "hs/Control/Parallel/OpenMP/Task.hs" "Task" "UnliftTask")

-- | What would be missing if a module passed all functions on as they are.
plain :: [String]
plain = $(notLifted "hs/Control/Parallel/OpenMP.hs" "IO" "IO")
