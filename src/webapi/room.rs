//! Memory for bodies that may be large. Each claims what came of it, so that who sends slowly holds what it sent and no
//! more, and nobody waits for it: without room a body is refused.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that are claimed together.
const UNIT: usize = 64 << 10;

/// The memory of all bodies.
pub(crate) struct Room(Arc<Semaphore>);

/// What one body has of it, until it is dropped.
#[derive(Default)]
pub(crate) struct Claim {
    held: Option<OwnedSemaphorePermit>,
    used: usize,
}

impl Room {
    /// For so many bytes.
    pub(crate) fn new(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new(bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS))))
    }

    /// Claims more bytes; false when there is no room for them.
    pub(crate) fn claim(&self, claim: &mut Claim, bytes: usize) -> bool {
        let held = claim.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        claim.used = claim.used.saturating_add(bytes);
        let more = claim.used.div_ceil(UNIT).saturating_sub(held);
        let Some(more) = u32::try_from(more).ok().filter(|more| *more > 0) else { return more == 0 };
        let Ok(permit) = self.0.clone().try_acquire_many_owned(more) else { return false };
        match &mut claim.held {
            Some(held) => held.merge(permit),
            None => claim.held = Some(permit),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_is_there_again_when_the_claim_ends() {
        let room = Room::new(3 * UNIT);
        let (mut one, mut other) = (Claim::default(), Claim::default());
        assert!(room.claim(&mut one, 1) && room.claim(&mut one, UNIT - 1), "one unit");
        assert!(room.claim(&mut other, 2 * UNIT), "the rest");
        assert!(!room.claim(&mut one, 1));
        drop(other);
        assert!(room.claim(&mut one, 1));
        assert!(!room.claim(&mut one, usize::MAX));
    }
}
