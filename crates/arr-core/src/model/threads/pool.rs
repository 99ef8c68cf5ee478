//! The threads.

use std::cell::{Cell, RefCell};
use std::num::NonZero;
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::buffer::can_be_had;

/// The threads that work for the one that asks.
pub(super) enum Workers {
    /// There are none.
    Alone,
    /// Those of a pool, one of which asks.
    Inside,
    Pool(Arc<ThreadPool>),
}

/// A pool, and the process that made it: in one that was forked off it, its threads do not exist.
struct Made {
    pool: Option<Arc<ThreadPool>>,
    process: u32,
}

static POOL: OnceLock<Made> = OnceLock::new();

thread_local! {
    /// True in the threads of our pools.
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
    /// What was chosen for the work that this thread does.
    static CHOSEN: RefCell<Option<Choice>> = const { RefCell::new(None) };
}

/// Room in the address space for each thread: its stack, and what the system's allocator sets aside for a thread (64 MiB in
/// the GNU C library). Where there is less, a thread would take what the data needs, or find no memory for itself, which
/// ends the process.
const ROOM_FOR_A_THREAD: usize =
    if cfg!(all(target_env = "gnu", target_pointer_width = "64")) { 72 << 20 } else { 4 << 20 };

/// Where there is so much room, nobody has set a limit that threads reach.
const ROOM_ENOUGH: usize = 1 << 30;

/// A pool of so many threads, or of as many as there can be; none where that is fewer than two.
fn make(threads: usize) -> Option<Arc<ThreadPool>> {
    let mut threads = threads;
    while threads >= 2 {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("arr-{number}"))
            .start_handler(|_| IS_OURS.set(true));
        let has_room = can_be_had(threads.saturating_mul(ROOM_FOR_A_THREAD).min(ROOM_ENOUGH));
        if let Some(pool) = has_room.then(|| pool.build().ok()).flatten() {
            return Some(Arc::new(pool));
        }
        threads /= 2;
    }
    None
}

/// As many as the variable says that all pools of rayon heed, or else as there are cores.
fn usual_count() -> usize {
    let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    asked.filter(|asked| *asked > 0).unwrap_or_else(cores)
}

/// Tells a process from one that was forked off it. Other systems have no forks, and some no processes.
fn this_process() -> u32 {
    if cfg!(unix) { std::process::id() } else { 0 }
}

/// A number of threads, whose pool is made when it is needed first.
pub(super) struct Counted {
    threads: usize,
    made: OnceLock<Made>,
}

impl Counted {
    pub(super) fn new(threads: usize) -> Self {
        Self { threads, made: OnceLock::new() }
    }

    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    fn workers(&self) -> Workers {
        workers_of(&self.made, || self.threads)
    }
}

/// Those of a pool, which is made at the first time; none in a process that was forked off since.
fn workers_of(made: &OnceLock<Made>, threads: impl FnOnce() -> usize) -> Workers {
    let process = this_process();
    let made = made.get_or_init(|| Made { pool: make(threads()), process });
    let pool = made.pool.as_ref().filter(|_| made.process == process);
    pool.map_or(Workers::Alone, |pool| Workers::Pool(Arc::clone(pool)))
}

/// Whose threads work.
#[derive(Clone)]
pub(super) enum Choice {
    Alone,
    /// Those of the pool one of whose threads this is.
    Inside,
    Counted(Arc<Counted>),
    Pool(Arc<ThreadPool>),
}

impl Choice {
    fn workers(&self) -> Workers {
        match self {
            Self::Alone => Workers::Alone,
            Self::Inside => Workers::Inside,
            Self::Counted(counted) => counted.workers(),
            Self::Pool(pool) => Workers::Pool(Arc::clone(pool)),
        }
    }
}

/// Puts back what was chosen before.
pub(super) struct Chosen(Option<Choice>);

/// Chooses whose threads work for this one.
pub(super) fn choose(choice: &Choice) -> Chosen {
    Chosen(CHOSEN.replace(Some(choice.clone())))
}

impl Drop for Chosen {
    fn drop(&mut self) {
        CHOSEN.set(self.0.take());
    }
}

/// Does in a thread of a pool what another one asked for: the threads of that pool work for it.
fn of_this_pool<T>(work: impl FnOnce() -> T) -> T {
    let _chosen = Chosen(CHOSEN.replace(Some(Choice::Inside)));
    work()
}

impl Workers {
    pub(super) fn now() -> Self {
        if let Some(chosen) = CHOSEN.with_borrow(|chosen| chosen.as_ref().map(Choice::workers)) {
            return chosen;
        }
        if IS_OURS.get() { Self::Inside } else { workers_of(&POOL, usual_count) }
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Alone => 1,
            Self::Inside => rayon::current_num_threads(),
            Self::Pool(pool) => pool.current_num_threads(),
        }
    }

    pub(super) fn join<A: Send, B: Send>(
        &self,
        first: impl FnOnce() -> A + Send,
        second: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match self {
            Self::Alone => (first(), second()),
            Self::Inside => rayon::join(first, second),
            Self::Pool(pool) => pool.join(|| of_this_pool(first), || of_this_pool(second)),
        }
    }

    pub(super) fn helped<T>(&self, help: &(impl Fn() + Sync), here: impl FnOnce(&dyn Fn()) -> T) -> T {
        self.scope(|scope| {
            here(&|| {
                if let Some(scope) = scope {
                    scope.spawn(|_| of_this_pool(help));
                }
            })
        })
    }

    /// Does the work in a thread of the pool, if there is one.
    pub(super) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match self {
            Self::Alone | Self::Inside => work(),
            Self::Pool(pool) => pool.install(|| of_this_pool(work)),
        }
    }

    pub(super) fn in_background(&self, job: impl FnOnce() + Send + 'static) {
        match self {
            Self::Alone => job(),
            Self::Inside => rayon::spawn(job),
            Self::Pool(pool) => pool.spawn(|| of_this_pool(job)),
        }
    }

    /// Waits for all that was spawned.
    fn scope<'s, T>(&self, here: impl FnOnce(Option<&rayon::Scope<'s>>) -> T) -> T {
        match self {
            Self::Alone => here(None),
            Self::Inside => rayon::in_place_scope(|scope| here(Some(scope))),
            Self::Pool(pool) => pool.in_place_scope(|scope| here(Some(scope))),
        }
    }
}
