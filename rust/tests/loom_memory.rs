//! Model of `memory::pool`. It runs as those of `loom.rs` do.
#![cfg(loom)]

use ghcomp::memory::pool::Pool;
use loom::sync::Arc;
use loom::thread;

#[test]
fn a_pool_gives_what_it_has() {
    loom::model(|| {
        let pool = Arc::new(Pool::new(5));
        let other = {
            let pool = pool.clone();
            thread::spawn(move || {
                let got = pool.take(3);
                if got {
                    pool.give_back(3);
                }
                got
            })
        };
        let mine = pool.take(3);
        assert!(!(mine && pool.take(3)), "6 of 5");
        let other = other.join().unwrap();
        assert!(mine || other, "nobody got any");
        if mine {
            pool.give_back(3);
        }
        assert!(pool.take(5) && !pool.take(1));
    });
}
