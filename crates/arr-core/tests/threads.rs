//! The threads that are chosen for a file work as long as it is open.
#![cfg(feature = "rayon")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arr_core::format::threads::{self, Threads};

fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())
}

#[test]
fn each_choice_is_counted_and_given_back() {
    let usual = threads::count();
    let choices = [(Threads::one(), 1), (Threads::count(3), 3), (Threads::of_pool(pool(2)), 2)];
    for (choice, expected) in &choices {
        choice.work(|| {
            assert_eq!(threads::count(), *expected);
            // The usual ones are those that were chosen around.
            assert_eq!(Threads::usual().work(threads::count), *expected);
            assert_eq!(Threads::count(0).work(threads::count), *expected);
            assert_eq!(Threads::one().work(threads::count), 1);
            // What is done on others of these threads has them too.
            let (here, there) = threads::join(threads::count, threads::count);
            assert_eq!((here, there), (*expected, *expected));
        });
        assert_eq!(threads::count(), usual);
    }
    assert!(Threads::usual().are_usual() && !Threads::one().are_usual());
    let shown: Vec<String> = choices.iter().map(|(choice, _)| format!("{choice:?}")).collect();
    assert_eq!(shown, ["one", "3", "pool of 2"]);
    assert_eq!(format!("{:?}", Threads::usual()), "usual");
}

#[test]
fn a_pool_of_the_callers_does_the_work() {
    let own = pool(2);
    let (inside, outside) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let items = vec![(); 64];
    Threads::of_pool(Arc::clone(&own)).work(|| {
        let work = |(): &mut (), (): &()| {
            let counter = if own.current_thread_index().is_some() { &inside } else { &outside };
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, arr_core::Error>(())
        };
        threads::map(&items, 1, || (), work).unwrap();
    });
    assert_eq!((inside.into_inner(), outside.into_inner()), (64, 0));
}

#[test]
fn the_choice_of_one_thread_starts_none() {
    let main = std::thread::current().id();
    Threads::one().work(|| {
        let work = |(): &mut (), (): &()| {
            assert_eq!(std::thread::current().id(), main);
            Ok::<_, arr_core::Error>(())
        };
        threads::map(&[(); 1000], 1, || (), work).unwrap();
    });
}
