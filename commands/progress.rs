//! A sign of life on a terminal while something takes its time; nothing anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;

/// Shown until dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts to show `message`.
    pub(crate) fn start(cx: &Context, message: impl Into<String>) -> Progress {
        if !cx.streams.stderr_is_terminal || cx.global.quiet {
            return Progress(ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()));
        }
        let bar = ProgressBar::new_spinner().with_message(message.into());
        let template =
            if cx.no_color() { "{spinner} {msg} {elapsed}" } else { "{spinner:.green} {msg} {elapsed}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(bar)
    }

    /// Shows how much of a known whole is done, and when it may be all; a total of 0 is not known yet.
    pub(crate) fn measure(&self, cx: &Context, done: u64, total: u64) {
        if total > 0 && self.0.length().is_none() {
            let template = if cx.no_color() {
                "{msg} [{bar:30}] {percent:>3}% {elapsed}, {eta} left"
            } else {
                "{msg} [{bar:30.green}] {percent:>3}% {elapsed}, {eta} left"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.0.set_style(style.progress_chars("=> "));
            }
        }
        if total > 0 {
            self.0.set_length(total);
            self.0.set_position(done.min(total));
        }
    }

    /// Says how far it is.
    pub(crate) fn tell(&self, message: &str) {
        self.0.set_message(message.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
