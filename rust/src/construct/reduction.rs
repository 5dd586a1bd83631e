//! The data of task reductions: blocks of words that the compiler lays out, and
//! the memory of the private copies.
//!
//! The words of a block (libgomp ABI), index by index:
//!
//! | word | meaning |
//! |------|---------|
//! | 0 | how many list items there are |
//! | 1 | bytes of one thread's copies, a multiple of their alignment |
//! | 2 | in: the alignment in bytes; out: the memory |
//! | 3 | in: the allocator, or -1; not used |
//! | 4 | in: the next block of the same construct, or 0; out: the last one leads on to the blocks of the constructs around |
//! | 5 | out: a share in the memory's life for the first block of a construct, 0 for its others |
//! | 6 | out: where the memory ends |
//! | 7 + 3 i, 8 + 3 i, 9 + 3 i | item i: the address of the original; the offset in a thread's copies; not used |

use crate::messages;
use core::ptr::NonNull;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;

const ITEMS: usize = 0;
const SIZE: usize = 1;
/// Before the memory is there, its alignment.
const MEMORY: usize = 2;
const NEXT: usize = 4;
const OWNER: usize = 5;
const END: usize = 6;
const TABLE: usize = 7;
const ITEM_WORDS: usize = 3;

/// A block as the compiler lays it out; see the module. A caller that has one has
/// the compiler's promise that it lives until its reductions are closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block(NonNull<usize>);

impl Block {
    /// A block, unless the address is null.
    ///
    /// # Safety
    ///
    /// `words` must be null or point to a block that lives until its
    /// reductions are closed.
    #[inline]
    pub unsafe fn new(words: *mut usize) -> Option<Block> {
        NonNull::new(words).map(Block)
    }

    #[inline]
    fn get(self, word: usize) -> usize {
        // SAFETY: the block has this word and lives; see `new`.
        unsafe { self.0.add(word).read() }
    }

    fn set(self, word: usize, value: usize) {
        // SAFETY: as above; nobody else looks at it yet, or any more.
        unsafe { self.0.add(word).write(value) }
    }

    #[inline]
    pub(crate) fn next(self) -> Option<Block> {
        NonNull::new(self.get(NEXT) as *mut usize).map(Block)
    }

    /// The blocks from here to the outermost construct.
    pub(crate) fn all(self) -> impl Iterator<Item = Block> {
        core::iter::successors(Some(self), |block| block.next())
    }

    /// The blocks of this construct.
    pub(crate) fn own(self) -> impl Iterator<Item = Block> {
        core::iter::successors(Some(self), |block| {
            block.next().filter(|next| next.get(OWNER) == 0)
        })
    }

    /// Makes these the blocks of a construct inside the one of `around`.
    pub(crate) fn link(self, around: Option<Block>) {
        // What the compiler left there is not defined.
        self.all().for_each(|block| block.set(OWNER, 0));
        if let (Some(last), Some(around)) = (self.all().last(), around) {
            last.set(NEXT, around.0.as_ptr() as usize);
        }
    }

    /// Memory for the copies of `threads` threads.
    pub(crate) fn allocate(self, threads: u32) -> Arc<Copies> {
        let area = |block: Block| {
            let align = block.get(MEMORY).max(1);
            if !align.is_power_of_two() {
                messages::fatal(format_args!(
                    "the copies of a reduction cannot have alignment {align}"
                ));
            }
            Area::new(block.get(SIZE), threads, align).unwrap_or_else(|| {
                messages::fatal(format_args!(
                    "Out of memory allocating {} bytes for each of {threads} threads",
                    block.get(SIZE)
                ))
            })
        };
        Arc::new(Copies(self.own().map(area).collect()))
    }

    /// Gives the construct's blocks their memory, and a share in its life.
    pub(crate) fn adopt(self, copies: Arc<Copies>) {
        for (block, area) in self.own().zip(&copies.0) {
            block.set(MEMORY, area.memory as usize);
            block.set(END, area.memory as usize + area.layout.size());
        }
        self.set(OWNER, Arc::into_raw(copies) as usize);
    }

    /// Whether the block has a share in the life of its construct's memory.
    pub(crate) fn is_open(self) -> bool {
        self.get(OWNER) != 0
    }

    /// Gives the share back.
    pub(crate) fn release(self) {
        // SAFETY: made by `adopt`; the thread that opened the construct closes it, once.
        drop(unsafe { Arc::from_raw(self.get(OWNER) as *const Copies) });
    }

    /// Thread `num`'s copy of the item at `address`, which is the original or
    /// anybody's copy.
    pub(crate) fn copy_of(self, address: usize, num: usize) -> Option<Found> {
        let table = (0..self.get(ITEMS)).map(|item| {
            let at = TABLE + ITEM_WORDS * item;
            (self.get(at), self.get(at + 1))
        });
        let (size, memory) = (self.get(SIZE), self.get(MEMORY));
        let mut of_original = table.clone();
        let offset = match of_original.find(|&(original, _)| original == address) {
            Some((_, offset)) => offset,
            None if (memory..self.get(END)).contains(&address) => (address - memory) % size.max(1),
            None => return None,
        };
        let mut of_offset = table;
        Some(Found {
            address: memory + num * size + offset,
            original: of_offset
                .find(|&(_, at)| at == offset)
                .map(|(original, _)| original),
        })
    }
}

/// A private copy.
pub(crate) struct Found {
    pub address: usize,
    /// `None` if the address is inside an item.
    pub original: Option<usize>,
}

/// The memory of one block.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) memory: *mut u8,
    layout: Layout,
}

impl Area {
    /// Zeroed memory of `size` bytes for each of `threads` threads.
    pub(crate) fn new(size: usize, threads: u32, align: usize) -> Option<Area> {
        let bytes = size.checked_mul(threads as usize)?.max(1);
        let layout = Layout::from_size_align(bytes, align).ok()?;
        // SAFETY: the size is not 0.
        let memory = unsafe { System.alloc_zeroed(layout) };
        (!memory.is_null()).then_some(Area { memory, layout })
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        // SAFETY: `new` allocated it with this layout.
        unsafe { System.dealloc(self.memory, self.layout) };
    }
}

/// The memory of a construct: an area per block. All that may use it have a
/// share in its life: the thread that opened the construct, each thread that met
/// it, its work share.
#[derive(Debug)]
pub struct Copies(Box<[Area]>);

// SAFETY: the areas are only freed here; what is in them is the program's.
unsafe impl Send for Copies {}
// SAFETY: as above.
unsafe impl Sync for Copies {}
