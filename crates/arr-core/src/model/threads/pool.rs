//! The threads.

use std::cell::{Cell, RefCell};
use std::num::NonZero;
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads that work for the one that asks.
pub(super) enum Workers {
    /// There are none.
    Alone,
    /// Those of a pool of ours, one of which asks.
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
    /// The pool that was chosen for this thread, or that there is to be none.
    static CHOSEN: RefCell<Option<Option<Arc<ThreadPool>>>> = const { RefCell::new(None) };
}

fn make(threads: usize) -> Option<Arc<ThreadPool>> {
    if threads < 2 {
        return None;
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|number| format!("arr-{number}"))
        .start_handler(|_| IS_OURS.set(true));
    // Where no thread can be started, there are none.
    pool.build().ok().map(Arc::new)
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

/// Puts back what was chosen before.
pub(super) struct Chosen(Option<Option<Arc<ThreadPool>>>);

/// Chooses a pool of so many threads for this thread.
pub(super) fn choose(threads: usize) -> Chosen {
    Chosen(CHOSEN.replace(Some(make(threads))))
}

impl Drop for Chosen {
    fn drop(&mut self) {
        CHOSEN.set(self.0.take());
    }
}

impl Workers {
    pub(super) fn now() -> Self {
        if let Some(chosen) = CHOSEN.with_borrow(Clone::clone) {
            return chosen.map_or(Self::Alone, Self::Pool);
        }
        if IS_OURS.get() {
            return Self::Inside;
        }
        let process = this_process();
        let made = POOL.get_or_init(|| Made { pool: make(usual_count()), process });
        let pool = made.pool.as_ref().filter(|_| made.process == process);
        pool.map_or(Self::Alone, |pool| Self::Pool(Arc::clone(pool)))
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
            Self::Pool(pool) => pool.join(first, second),
        }
    }

    pub(super) fn helped<T>(&self, help: &(impl Fn() + Sync), here: impl FnOnce(&dyn Fn()) -> T) -> T {
        self.scope(|scope| {
            here(&|| {
                if let Some(scope) = scope {
                    scope.spawn(|_| help());
                }
            })
        })
    }

    /// Does the work in a thread of the pool, if there is one.
    pub(super) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match self {
            Self::Alone | Self::Inside => work(),
            Self::Pool(pool) => pool.install(work),
        }
    }

    pub(super) fn in_background(&self, job: impl FnOnce() + Send + 'static) {
        match self {
            Self::Alone => job(),
            Self::Inside => rayon::spawn(job),
            Self::Pool(pool) => pool.spawn(job),
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
