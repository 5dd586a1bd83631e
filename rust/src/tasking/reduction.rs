//! Task reductions: `task_reduction`, `in_reduction`, `reduction(task, ...)`
//! and `reduction` on `taskloop` (OpenMP 5.2, 5.5.5).
//!
//! The compiler describes the list items of a construct in a block of words on
//! its stack, and the runtime gives the block zeroed memory for one private
//! copy of all items per thread. A task asks where the copy of the thread that
//! executes it is. Initialising copies and combining them is the compiler's
//! business; it does the latter when all tasks are done.
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
//!
//! # Who touches what
//!
//! A construct's blocks are written before the first task that can ask for
//! them exists, and only read then, until all its tasks have finished. In a
//! worksharing construct each thread has its own, for the tasks that it
//! creates; the first one to meet it allocates the memory, which its slot hands
//! to the others. A cancelled region's threads leave when they like, so each
//! has a share in the memory's life. [`Task::reductions`] is the thread's own,
//! and a task's children get it as they get the ICVs.

use crate::messages;
use crate::tasking::group;
use crate::team::current::current;
use crate::team::task::Task;
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

/// A block as the compiler lays it out; see the module. Whoever has one has
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
    fn next(self) -> Option<Block> {
        NonNull::new(self.get(NEXT) as *mut usize).map(Block)
    }

    /// The blocks from here to the outermost construct.
    fn all(self) -> impl Iterator<Item = Block> {
        core::iter::successors(Some(self), |block| block.next())
    }

    /// The blocks of this construct.
    fn own(self) -> impl Iterator<Item = Block> {
        core::iter::successors(Some(self), |block| {
            block.next().filter(|next| next.get(OWNER) == 0)
        })
    }

    /// Makes these the blocks of a construct inside the one of `around`.
    fn link(self, around: Option<Block>) {
        // What the compiler left there is not defined.
        self.all().for_each(|block| block.set(OWNER, 0));
        if let (Some(last), Some(around)) = (self.all().last(), around) {
            last.set(NEXT, around.0.as_ptr() as usize);
        }
    }

    /// Memory for the copies of `threads` threads.
    fn allocate(self, threads: u32) -> Arc<Copies> {
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
    fn adopt(self, copies: Arc<Copies>) {
        for (block, area) in self.own().zip(&copies.0) {
            block.set(MEMORY, area.memory as usize);
            block.set(END, area.memory as usize + area.layout.size());
        }
        self.set(OWNER, Arc::into_raw(copies) as usize);
    }

    /// Gives the share back.
    fn release(self) {
        // SAFETY: made by `adopt`; who opened the construct closes it, once.
        drop(unsafe { Arc::from_raw(self.get(OWNER) as *const Copies) });
    }

    /// Where `num`'s copy of the item is that is at `address`, as the original
    /// or as anybody's copy.
    fn copy_of(self, address: usize, num: usize) -> Option<Found> {
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
struct Found {
    address: usize,
    /// `None` if it is the inside of an item that was asked for.
    original: Option<usize>,
}

/// The memory of one block.
#[derive(Debug)]
struct Area {
    memory: *mut u8,
    layout: Layout,
}

impl Area {
    /// Zeroed memory of `size` bytes for each of `threads` threads.
    fn new(size: usize, threads: u32, align: usize) -> Option<Area> {
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

/// The memory of a construct: an area per block. Whoever may use it has a
/// share: who opened the construct, each thread that met it, its slot.
#[derive(Debug)]
pub struct Copies(Box<[Area]>);

// SAFETY: the areas are only freed here; what is in them is the program's.
unsafe impl Send for Copies {}
// SAFETY: as above.
unsafe impl Sync for Copies {}

/// Opens the reductions of a taskgroup or taskloop for the current task.
pub fn open(block: Block) {
    let context = current().context();
    block.link(context.task.reductions.get());
    block.adopt(block.allocate(context.team.size()));
    context.task.reductions.set(Some(block));
}

/// Opens the reductions of a parallel region with `threads` threads; the
/// region's implicit tasks get the block.
pub fn open_region(block: Block, threads: u32) {
    block.link(None);
    block.adopt(block.allocate(threads));
}

/// Closes reductions that were opened: their tasks are done, and their copies
/// combined.
pub fn close(block: Block) {
    if block.get(OWNER) == 0 {
        messages::fatal("GOMP_taskgroup_reduction_unregister: the block was not registered");
    }
    restore(current().context().task, block);
    block.release();
}

/// The reductions around `block` are the task's again.
fn restore(task: &Task, block: Block) {
    if task.reductions.get() == Some(block) {
        task.reductions
            .set(block.own().last().and_then(Block::next));
    }
}

/// One thread's way into the reductions of a worksharing construct, whose
/// memory one of them allocates. The construct is a taskgroup as well, but not for
/// `cancel taskgroup`.
#[derive(Clone, Copy)]
pub struct Entrance(Block);

impl Entrance {
    /// The calling thread meets the construct with its block.
    pub fn new(block: Block) -> Entrance {
        group::hidden_group_start();
        block.link(current().context().task.reductions.get());
        Entrance(block)
    }

    /// The memory, if the construct has none yet.
    pub fn allocate(self, threads: u32) -> Arc<Copies> {
        self.0.allocate(threads)
    }

    /// The thread uses the construct's memory.
    pub fn enter(self, copies: Arc<Copies>) {
        self.0.adopt(copies);
        current().context().task.reductions.set(Some(self.0));
    }
}

/// The end of a worksharing construct with task reductions for the calling
/// thread, which waits for its tasks. Thread 0 has combined the copies.
pub fn leave_workshare() {
    let task = current().context().task;
    group::taskgroup_end();
    if let Some(block) = task.reductions.get() {
        restore(task, block);
        block.release();
    }
}

/// Replaces each address in `items`, of an original or of any thread's copy,
/// by that of the executing thread's copy; gives the originals of the first
/// `originals.len()` of them. Ends the process if one belongs to no reduction
/// of the constructs around.
pub fn remap(items: &mut [usize], originals: &mut [usize]) {
    let context = current().context();
    let num = context.member.num as usize;
    let around = context.task.reductions.get();
    let mut originals = originals.iter_mut();
    for item in items {
        let mut blocks = around.into_iter().flat_map(Block::all);
        let found = blocks.find_map(|block| block.copy_of(*item, num));
        let original = found.as_ref().and_then(|found| found.original);
        match (found, originals.next(), original) {
            (Some(found), None, _) => *item = found.address,
            (Some(found), Some(wanted), Some(original)) => {
                *item = found.address;
                *wanted = original;
            }
            _ => messages::fatal(format_args!(
                "couldn't find matching task_reduction or reduction with task modifier for {:#x}",
                *item
            )),
        }
    }
}
