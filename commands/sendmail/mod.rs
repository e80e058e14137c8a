//! `mox sendmail`: submit a message as the classic sendmail program does.
//!
//! Also what this program does when it is called by the name `sendmail`. The server is that of a
//! [`submitconf`] file, else localserve's. Options of the classic program that make no difference here are
//! accepted. Exit codes are those of sysexits.h. A message that could not be submitted is kept in
//! `moxsubmit.failures` in the home folder.

mod prepare;
mod submit;
mod submitconf;

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

use prepare::Prepared;
use submitconf::SubmitConf;

/// Codes of sysexits.h.
pub(crate) mod sysexits {
    /// The command line makes no sense.
    pub(crate) const USAGE: u8 = 64;
    /// The message makes no sense.
    pub(crate) const DATAERR: u8 = 65;
    /// A recipient does not exist.
    pub(crate) const NOUSER: u8 = 67;
    /// The server's name does not exist.
    pub(crate) const NOHOST: u8 = 68;
    /// The server refused.
    pub(crate) const UNAVAILABLE: u8 = 69;
    /// The system failed.
    pub(crate) const IOERR: u8 = 74;
    /// Try again later.
    pub(crate) const TEMPFAIL: u8 = 75;
    /// The server does not let us in.
    pub(crate) const NOPERM: u8 = 77;
    /// The configuration makes no sense.
    pub(crate) const CONFIG: u8 = 78;
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Addresses of recipients
    recipients: Vec<String>,
    /// Take recipients from the To, Cc and Bcc fields, too, and remove Bcc
    #[arg(short = 't')]
    from_header: bool,
    /// Name of the sender, for the From field
    #[arg(short = 'F', value_name = "NAME")]
    name: Option<String>,
    /// Address of the sender
    #[arg(short = 'f', short_alias = 'r', value_name = "ADDRESS")]
    sender: Option<String>,
    /// A line with only a dot does not end the message
    #[arg(short = 'i')]
    ignore_dots: bool,
    /// Classic option; only `i` (as -i) means something
    #[arg(short = 'o', value_name = "OPTION", allow_hyphen_values = true)]
    option: Vec<String>,
    /// Classic mode; only `m`, submission, is there
    #[arg(short = 'b', value_name = "MODE", default_value = "m", hide_default_value = true)]
    mode: String,
    /// File that names the server [default: /etc/moxsubmit.conf, else localserve's settings]
    #[arg(short = 'C', value_name = "FILE", env = "MOXSUBMITCONF", hide_env_values = true)]
    submit_config: Option<PathBuf>,
    /// Classic options without effect
    #[arg(short = 'B', hide = true, value_name = "TYPE")]
    body_type: Option<String>,
    #[arg(short = 'N', hide = true, value_name = "DSN")]
    notify: Option<String>,
    #[arg(short = 'R', hide = true, value_name = "RETURN")]
    returned: Option<String>,
    #[arg(short = 'V', hide = true, value_name = "ENVID")]
    envid: Option<String>,
    #[arg(short = 'L', hide = true, value_name = "TAG")]
    tag: Option<String>,
    #[arg(short = 'O', hide = true, value_name = "OPTION=VALUE")]
    long_option: Vec<String>,
    #[arg(short = 'e', hide = true, value_name = "MODE")]
    error_mode: Option<String>,
    #[arg(short = 'm', hide = true)]
    me_too: bool,
    #[arg(short = 'n', hide = true)]
    no_aliases: bool,
    #[arg(short = 'U', hide = true)]
    initial: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "printf 'Subject: hi\\n\\nhello\\n' | mox sendmail bob@example.org",
        about: "Submit a message",
        needs: Needs::World,
    },
    Example {
        run: "mox sendmail -t -i < message.eml",
        about: "To the recipients it names",
        needs: Needs::World,
    },
];

/// Most bytes of a message.
const MAX_MESSAGE: u64 = 100 << 20;
/// Folder in the home folder for messages that could not be submitted.
const FAILURES: &str = "moxsubmit.failures";

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    send(cx, args).map_err(|mut e| {
        e.kind = match e.kind {
            Exit::Usage => Exit::Sysexit(sysexits::USAGE),
            Exit::Sysexit(code) => Exit::Sysexit(code),
            _ => Exit::Sysexit(sysexits::IOERR),
        };
        e
    })?;
    Ok(Exit::Done)
}

fn send(cx: &mut Context, args: Args) -> Result<(), CommandError> {
    if args.mode != "m" {
        let error = CommandError::usage(format!("mode -b{} is not there, only submission", args.mode));
        return Err(match args.mode.as_str() {
            "p" => error.hint("`mox queue list` shows the queue"),
            _ => error.hint("`mox serve` and `mox localserve` are servers"),
        });
    }
    let conf = SubmitConf::find(args.submit_config.as_deref())?;
    for key in &conf.without_effect {
        cx.say(format_args!("warning: {key} in the submission config has no effect yet"));
    }
    let input = cx.read_input(std::path::Path::new("-"), MAX_MESSAGE)?;
    let dots = args.ignore_dots || args.option.iter().any(|o| o == "i");
    let options = prepare::Options {
        recipients: args.recipients,
        from_header: args.from_header,
        name: args.name,
        sender: args.sender,
        dot_ends: !dots,
    };
    let prepared = prepare::prepare(&input, options, &conf, cx.now(), &mox_platform::SystemRandom)?;
    submit::submit(&conf, &prepared, std::sync::Arc::clone(&cx.clock)).map_err(|e| keep(cx, &prepared, e))
}

/// Keeps a message that could not be submitted and tells where.
fn keep(cx: &Context, prepared: &Prepared, error: CommandError) -> CommandError {
    let Some(home) = directories::BaseDirs::new() else { return error };
    let folder = home.home_dir().join(FAILURES);
    let file = folder.join(format!("{}-{}.eml", cx.clock.now().micros(), std::process::id()));
    let kept = mox_platform::files::create_private_dir(&folder).and_then(|()| {
        mox_platform::files::write_durably(&file, &prepared.message, mox_platform::files::Access::Private)
    });
    match kept {
        Ok(()) => error.hint(format!("the message is kept in {}", file.display())),
        Err(e) => error.hint(format!("the message could not be kept in {}: {e}", file.display())),
    }
}
