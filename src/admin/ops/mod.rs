//! The operations, by subject. Times are RFC 3339 UTC text, sizes bytes, `_ms` fields milliseconds.

mod account;
mod accounts;
mod addresses;
mod aliases;
mod apppasswords;
mod backup;
mod certificates;
mod changes;
mod chaos;
mod clientkeys;
mod complete;
mod configtext;
mod connections;
mod dmarcpaged;
mod dmarcreports;
mod dmarcrpt;
mod dnsrecords;
mod doctor;
mod domains;
mod finding;
mod hooks;
mod hostkeys;
mod inbox;
mod insight;
mod lab;
mod logins;
mod logs;
mod message;
mod mtasts;
mod outgoing;
mod owner;
mod queue;
mod queuerules;
mod server;
mod silence;
mod tlspaged;
mod tlsreports;
mod tlsrpt;
mod traffic;
mod transfer;
mod verdict;

pub use account::{SetAccountPassword, SetAdminPassword};
pub use accounts::{
    AccountAdd, AccountDetail, AccountDisable, AccountLimits, AccountList, AccountRemove, AccountRow,
    AccountSet, AccountShow, AccountStored,
};
pub use addresses::{AddressAdd, AddressList, AddressRemove, AddressRow};
pub use aliases::{AliasAdd, AliasList, AliasMembers, AliasRemove, AliasRow, AliasShow, AliasUpdate};
pub use apppasswords::{
    AppPasswordAdd, AppPasswordAdded, AppPasswordList, AppPasswordRemove, AppPasswordRemoved, AppPasswordRow,
};
pub use backup::{BackedUp, Backup, BackupList, BackupRow};
pub use certificates::{
    CertificateList, CertificateRenew, CertificateRenewed, CertificateRow, RenewalWindow,
};
pub use changes::{
    ConfigApply, ConfigChanged, ConfigDiff, ConfigDiffed, ConfigRollback, ConfigVersion, ConfigVersions,
};
pub use chaos::{Chaos, ChaosGet, ChaosRule, ChaosSet, ChaosStage};
pub use clientkeys::{ClientKeyAdd, ClientKeyAdded, ClientKeyList, ClientKeyRemove, ClientKeyRow};
pub use complete::{CompleteValues, Completion, ValueKind};
pub use configtext::{ConfigCheck, ConfigChecked, ConfigFile, ConfigProblem, ConfigText, ConfigTexts};
pub use connections::{
    ConnectionGroup, ConnectionList, ConnectionRow, Connections, RateLimitRow, RateLimits,
};
pub use dmarcpaged::{
    Dispositions, DmarcCollected, DmarcCollectedDetail, DmarcCollectedPage, DmarcCollectedPolicy,
    DmarcCollectedRecord, DmarcCollectedRow, DmarcCollectedShow, DmarcDay, DmarcDays, DmarcDomainRow,
    DmarcDomains, DmarcDomainsPage, DmarcFailures, DmarcFailuresPage, DmarcOutlook, DmarcOutlookPage,
    DmarcOutlookRow, DmarcReceived, DmarcReceivedPage, DmarcReportPage, DmarcReportPaged, DmarcSent,
    DmarcSentPage, DmarcSentRow, DmarcSourceList, DmarcSources, DmarcSums, MAX_PAGE_ROWS, PAGE_ROWS,
};
pub use dmarcreports::{
    DmarcReport, DmarcReportAuth, DmarcReportCause, DmarcReportDay, DmarcReportDetail, DmarcReportList,
    DmarcReportReason, DmarcReportRecord, DmarcReportRow, DmarcReports, FailureDetail, FailureFields,
    FailureReport, FailureReports, FailureRow,
};
pub use dmarcrpt::{DmarcResultRow, DmarcResults};
pub use dnsrecords::{
    DnsCheck, DnsChecked, DnsFinding, DnsProvider, DnsRecordRow, DnsRecordSet, DnsRecordState, DnsRecords,
    DnsSeverity,
};
pub use doctor::{Doctor, DoctorFinding, Doctored};
pub use domains::{
    DkimSelector, DomainAdd, DomainDetail, DomainDisable, DomainList, DomainRemove, DomainRow, DomainSet,
    DomainShow,
};
pub use finding::MethodFinding;
pub use hooks::{
    HookCancel, HookDetail, HookList, HookRetired, HookRow, HookSchedule, HookShow, HookState, HookTarget,
    HookTest, HookTested,
};
pub use hostkeys::{FileCertificateList, FileCertificateRow, HostKeyList, HostKeyRow, HostKeyUse};
pub use inbox::{
    MailboxList, MailboxRow, MessageEvent, MessageEvents, MessageHistory, MessageHtml, MessageMark,
    MessagePart, MessageRelease, MessageReport, MessageTranscript, MessageWatch, MessageWatched, RelayList,
    RelayRow, ReleaseRow, Released, TagList, TagRow, Transcript,
};
pub use insight::{
    DmarcReadiness, INSIGHT_DAYS, MailCounts, MailSource, PolicyText, Readiness, ReadinessAddress,
    ReadinessScope, ReadinessSource, ReadinessStep, ReportCause, ReportCauseList, ReportCauses, ReportSilent,
    ReportSummarized, ReportSummary, SilentReporter, SummaryCount, SummaryDay, SummaryDmarc, SummaryDomain,
    SummaryHost, SummaryService, SummaryTls,
};
pub use lab::{
    LabAdvance, LabAdvanced, LabMove, LabNext, LabRow, LabShow, LabShown, LabStep, LabStepped, LabTried,
    LabTry,
};
pub use logins::{LoginAttemptRow, LoginAttempts};
pub use logs::{LogLine, LogLines, LogTail};
pub use message::{
    Header, MessageCat, MessageDelete, MessageDetail, MessageFilter, MessageList, MessageRow, MessageShow,
    MessageWait, MessageWaited, PartRow,
};
pub use mtasts::{MtastsForget, MtastsForgotten, MtastsList, MtastsRow};
pub use outgoing::{
    ReportDestination, ReportExplain, ReportExplanation, ReportFamily, ReportHistory, ReportHistoryRow,
    ReportPreview, ReportPreviewRow, ReportPreviewed, ReportSendNow, ReportSent, ReportStep,
    ReportSuppressAdd, ReportSuppressExtend, ReportSuppressList, ReportSuppressRemove, ReportSuppressRow,
    ReportSuppressed, ReportSuppressedPage, ReportWithheld,
};
pub use owner::{
    AccountFullName, AccountPasswordChange, AccountPasswordChanged, DestinationDetail, DestinationSet,
    DestinationSettings, DestinationShow, HeaderCondition, Ruleset, RulesetAdd, RulesetMove, RulesetRemove,
    RulesetRow, RulesetSet, SessionsEnd, SessionsEnded,
};
pub use queue::{
    ExplainLine, QueueDetail, QueueDrop, QueueDump, QueueEnd, QueueExplain, QueueExplanation, QueueFail,
    QueueFilter, QueueHold, QueueKey, QueueList, QueueOutcome, QueueRow, QueueSchedule, QueueShow, QueueSort,
    QueueUnhold, QueueWait, QueueWatch, QueueWatched, When,
};
pub use queuerules::{
    HoldRule, HoldRuleAdd, HoldRuleAdded, HoldRuleList, HoldRuleRemove, QueueAttempt, QueueRequireTls,
    QueueTransport, RetiredDetail, RetiredList, RetiredRow, RetiredShow, SuppressAdd, SuppressKey,
    SuppressList, SuppressRemove, Suppression,
};
pub use server::{
    ConfigReload, DataProblem, ListenerRow, LogLevel, LogLevels, LogLevelsGet, LogLevelsSet, QueueCounts,
    Reloaded, Status, StatusReport, Stop, Stopped, Verified, VerifyData,
};
pub use silence::ReportSilence;
pub use tlspaged::{
    TlsCauseList, TlsCauses, TlsCollected, TlsCollectedPage, TlsCollectedRow, TlsDomainRow, TlsDomains,
    TlsDomainsPage, TlsOutlook, TlsOutlookPage, TlsOutlookRow, TlsReceived, TlsReceivedPage, TlsRecord,
    TlsRecordDestination, TlsRecordFound, TlsSent, TlsSentPage, TlsSentRow, TlsTimeline, TlsTimelineDay,
    TlsTimelineDays, TlsTimelineHost,
};
pub use tlsreports::{
    TlsReport, TlsReportDay, TlsReportDetail, TlsReportList, TlsReportPolicy, TlsReportProblem, TlsReportRow,
    TlsReportSentence, TlsReports,
};
pub use tlsrpt::{TlsFailure, TlsResultRow, TlsResults};
pub use traffic::{ReportState, ReportStateRow, Traffic, TrafficReport, TrafficRow};
pub use transfer::{
    ExportFolder, ExportFolders, ExportPage, ImportBegin, ImportBegun, ImportEnd, ImportMessages,
    ImportProgress,
};
pub use verdict::{ArcVerdict, Decision, DkimVerdict, DmarcVerdict, IprevVerdict, SpfVerdict, Verdicts};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Operation;

/// Reply of an operation that has nothing to say but that it worked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Done {}

/// Reply of an operation that changed a selection: what was, or with `dry_run` would be, changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Ids, ascending.
    pub ids: Vec<i64>,
    /// Nothing was changed, only looked up.
    pub dry_run: bool,
}

/// Writes one `impl Operation` line an operation.
macro_rules! operations {
    ($($request:ident = $name:literal -> $reply:ty;)*) => { $(
        impl Operation for $request {
            const NAME: &'static str = $name;
            type Reply = $reply;
        }
    )* };
}

operations! {
    Status = "status" -> StatusReport;
    Stop = "stop" -> Stopped;
    LogLevelsGet = "log-levels-get" -> LogLevels;
    LogLevelsSet = "log-levels-set" -> LogLevels;
    ConfigReload = "config-reload" -> Reloaded;
    VerifyData = "verify-data" -> Verified;
    Backup = "backup" -> BackedUp;
    SetAccountPassword = "set-account-password" -> Done;
    SetAdminPassword = "set-admin-password" -> Done;
    CompleteValues = "complete-values" -> Vec<Completion>;
    MessageList = "message-list" -> Vec<MessageRow>;
    MessageShow = "message-show" -> MessageDetail;
    MessageDelete = "message-delete" -> Changed;
    MessageWait = "message-wait" -> MessageWaited;
    MessageMark = "message-mark" -> Changed;
    MessageRelease = "message-release" -> Released;
    MessageTranscript = "message-transcript" -> Transcript;
    MessageEvents = "message-events" -> MessageHistory;
    MessageReport = "message-report" -> mox_inspect::Report;
    MessageWatch = "message-watch" -> MessageWatched;
    MailboxList = "mailbox-list" -> Vec<MailboxRow>;
    TagList = "tag-list" -> Vec<TagRow>;
    RelayList = "relay-list" -> Vec<RelayRow>;
    ChaosGet = "chaos-get" -> Chaos;
    ChaosSet = "chaos-set" -> Chaos;
    CertificateList = "certificate-list" -> Vec<CertificateRow>;
    CertificateRenew = "certificate-renew" -> CertificateRenewed;
    FileCertificateList = "file-certificate-list" -> Vec<FileCertificateRow>;
    HostKeyList = "host-key-list" -> Vec<HostKeyRow>;
    MtastsList = "mtasts-list" -> Vec<MtastsRow>;
    MtastsForget = "mtasts-forget" -> MtastsForgotten;
    QueueList = "queue-list" -> Vec<QueueRow>;
    QueueShow = "queue-show" -> QueueDetail;
    QueueHold = "queue-hold" -> Changed;
    QueueUnhold = "queue-unhold" -> Changed;
    QueueSchedule = "queue-schedule" -> Changed;
    QueueFail = "queue-fail" -> Changed;
    QueueDrop = "queue-drop" -> Changed;
    QueueWait = "queue-wait" -> QueueOutcome;
    QueueWatch = "queue-watch" -> QueueWatched;
    QueueExplain = "queue-explain" -> QueueExplanation;
    TlsResults = "tls-results" -> Vec<TlsResultRow>;
    DmarcResults = "dmarc-results" -> Vec<DmarcResultRow>;
    ReportPreview = "report-preview" -> ReportPreviewed;
    ReportSendNow = "report-send-now" -> Vec<ReportSent>;
    ReportHistory = "report-history" -> Vec<ReportHistoryRow>;
    ReportExplain = "report-explain" -> ReportExplanation;
    ReportSuppressList = "report-suppress-list" -> Vec<ReportSuppressRow>;
    ReportSuppressed = "report-suppressed" -> ReportSuppressedPage;
    ReportSuppressAdd = "report-suppress-add" -> ReportSuppressRow;
    ReportSuppressRemove = "report-suppress-remove" -> ReportSuppressRow;
    ReportSuppressExtend = "report-suppress-extend" -> ReportSuppressRow;
    LabAdvance = "lab-advance" -> LabAdvanced;
    LabStep = "lab-step" -> LabStepped;
    LabShow = "lab-show" -> LabShown;
    LabTry = "lab-try" -> LabTried;
    TlsReports = "tls-reports" -> TlsReportList;
    TlsReport = "tls-report" -> TlsReportDetail;
    TlsCollected = "tls-collected" -> TlsCollectedPage;
    TlsOutlook = "tls-outlook" -> TlsOutlookPage;
    TlsSent = "tls-sent" -> TlsSentPage;
    TlsRecord = "tls-record" -> TlsRecordFound;
    TlsReceived = "tls-received" -> TlsReceivedPage;
    TlsTimeline = "tls-timeline" -> TlsTimelineDays;
    TlsDomains = "tls-domains" -> TlsDomainsPage;
    TlsCauses = "tls-causes" -> TlsCauseList;
    ReportSummary = "report-summary" -> ReportSummarized;
    ReportCauses = "report-causes" -> ReportCauseList;
    ReportSilent = "report-silent" -> Vec<SilentReporter>;
    DmarcReadiness = "dmarc-readiness" -> Readiness;
    DmarcReports = "dmarc-reports" -> DmarcReportList;
    DmarcReport = "dmarc-report" -> DmarcReportDetail;
    DmarcCollected = "dmarc-collected" -> DmarcCollectedPage;
    DmarcCollectedShow = "dmarc-collected-show" -> DmarcCollectedDetail;
    DmarcOutlook = "dmarc-outlook" -> DmarcOutlookPage;
    DmarcSent = "dmarc-sent" -> DmarcSentPage;
    DmarcDays = "dmarc-days" -> Vec<DmarcDay>;
    DmarcDomains = "dmarc-domains" -> DmarcDomainsPage;
    DmarcReceived = "dmarc-received" -> DmarcReceivedPage;
    DmarcReportPage = "dmarc-report-page" -> DmarcReportPaged;
    DmarcSources = "dmarc-sources" -> DmarcSourceList;
    DmarcFailures = "dmarc-failures" -> DmarcFailuresPage;
    FailureReports = "failure-reports" -> Vec<FailureRow>;
    FailureReport = "failure-report" -> FailureDetail;
    LoginAttempts = "login-attempts" -> Vec<LoginAttemptRow>;
    QueueTransport = "queue-transport" -> Changed;
    QueueRequireTls = "queue-requiretls" -> Changed;
    HoldRuleList = "holdrule-list" -> Vec<HoldRule>;
    HoldRuleAdd = "holdrule-add" -> HoldRuleAdded;
    HoldRuleRemove = "holdrule-remove" -> Changed;
    SuppressList = "suppress-list" -> Vec<Suppression>;
    SuppressAdd = "suppress-add" -> Suppression;
    SuppressRemove = "suppress-remove" -> Suppression;
    RetiredList = "retired-list" -> Vec<RetiredRow>;
    RetiredShow = "retired-show" -> RetiredDetail;
    HookList = "hook-list" -> Vec<HookRow>;
    HookRetired = "hook-retired" -> Vec<HookRow>;
    HookShow = "hook-show" -> HookDetail;
    HookCancel = "hook-cancel" -> Changed;
    HookSchedule = "hook-schedule" -> Changed;
    HookTest = "hook-test" -> HookTested;
    AccountList = "account-list" -> Vec<AccountRow>;
    AccountShow = "account-show" -> AccountDetail;
    AccountAdd = "account-add" -> ConfigChanged;
    AccountRemove = "account-remove" -> ConfigChanged;
    AccountDisable = "account-disable" -> ConfigChanged;
    AccountSet = "account-set" -> ConfigChanged;
    AddressList = "address-list" -> Vec<AddressRow>;
    AddressAdd = "address-add" -> ConfigChanged;
    AddressRemove = "address-remove" -> ConfigChanged;
    DomainList = "domain-list" -> Vec<DomainRow>;
    DomainShow = "domain-show" -> DomainDetail;
    DomainAdd = "domain-add" -> ConfigChanged;
    DomainRemove = "domain-remove" -> ConfigChanged;
    DomainDisable = "domain-disable" -> ConfigChanged;
    DomainSet = "domain-set" -> ConfigChanged;
    AliasList = "alias-list" -> Vec<AliasRow>;
    AliasShow = "alias-show" -> AliasRow;
    AliasAdd = "alias-add" -> ConfigChanged;
    AliasUpdate = "alias-update" -> ConfigChanged;
    AliasRemove = "alias-remove" -> ConfigChanged;
    AliasMembers = "alias-members" -> ConfigChanged;
    ClientKeyList = "client-key-list" -> Vec<ClientKeyRow>;
    ClientKeyAdd = "client-key-add" -> ClientKeyAdded;
    ClientKeyRemove = "client-key-remove" -> ClientKeyAdded;
    AppPasswordList = "app-password-list" -> Vec<AppPasswordRow>;
    AppPasswordAdd = "app-password-add" -> AppPasswordAdded;
    AppPasswordRemove = "app-password-remove" -> AppPasswordRemoved;
    AccountPasswordChange = "account-password-change" -> AccountPasswordChanged;
    SessionsEnd = "sessions-end" -> SessionsEnded;
    AccountFullName = "account-full-name" -> ConfigChanged;
    DestinationShow = "destination-show" -> DestinationDetail;
    DestinationSet = "destination-set" -> ConfigChanged;
    RulesetAdd = "ruleset-add" -> ConfigChanged;
    RulesetSet = "ruleset-set" -> ConfigChanged;
    RulesetRemove = "ruleset-remove" -> ConfigChanged;
    RulesetMove = "ruleset-move" -> ConfigChanged;
    ConfigVersions = "config-versions" -> Vec<ConfigVersion>;
    ConfigDiff = "config-diff" -> ConfigDiffed;
    ConfigApply = "config-apply" -> ConfigChanged;
    ConfigRollback = "config-rollback" -> ConfigChanged;
    ConfigText = "config-text" -> ConfigTexts;
    ConfigCheck = "config-check" -> ConfigChecked;
    DnsRecords = "dns-records" -> DnsRecordSet;
    DnsCheck = "dns-check" -> DnsChecked;
    ImportBegin = "import-begin" -> ImportBegun;
    ImportMessages = "import-messages" -> ImportProgress;
    ImportEnd = "import-end" -> ImportProgress;
    ExportFolders = "export-folders" -> Vec<ExportFolder>;
    Doctor = "doctor" -> Doctored;
    Traffic = "traffic" -> TrafficReport;
    ReportState = "report-state" -> Vec<ReportStateRow>;
    Connections = "connections" -> ConnectionList;
    RateLimits = "rate-limits" -> Vec<RateLimitRow>;
    BackupList = "backup-list" -> Vec<BackupRow>;
    LogTail = "log-tail" -> LogLines;
}

/// Writes one `impl RawOperation` line an operation.
macro_rules! raw_operations {
    ($($request:ident = $name:literal;)*) => { $(
        impl crate::RawOperation for $request {
            const NAME: &'static str = $name;
        }
    )* };
}

raw_operations! {
    MessageCat = "message-cat";
    MessagePart = "message-part";
    MessageHtml = "message-html";
    QueueDump = "queue-dump";
    ExportPage = "export-page";
}

impl crate::BulkOperation for ImportMessages {}
