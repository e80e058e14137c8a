//! The lab of localserve: its time, and what its domains do next.

use std::sync::Arc;

use mox_admin::ops::{LabAdvance, LabShow, LabStep, LabTry};
use mox_admin::{OpError, Operations};

use super::Parts;
use crate::localserve::LabControl;

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (advance, step, show, send) =
        (parts.lab.clone(), parts.lab.clone(), parts.lab.clone(), parts.lab.clone());
    operations
        .on(move |op: LabAdvance| {
            let lab = advance.clone();
            async move { running(lab)?.advance(op).await }
        })
        .on(move |op: LabStep| {
            let lab = step.clone();
            async move { running(lab)?.step(&op) }
        })
        .on(move |op: LabShow| {
            let lab = show.clone();
            async move { Ok(running(lab)?.show(op)) }
        })
        .on(move |op: LabTry| {
            let lab = send.clone();
            async move { running(lab)?.send(op).await }
        })
}

fn running(lab: Option<Arc<LabControl>>) -> Result<Arc<LabControl>, OpError> {
    lab.ok_or_else(|| {
        OpError::conflict("this server is not in the lab").hint("start one there: `mox localserve --lab`")
    })
}
