// What `import Rota` brings: the names an app writes, about a hundred. The modules below declare more, for those who
// write a transport (`import RotaHTTP`), a store (`import RotaStore`) or use a part alone. Names that other packages of
// a server have as well, such as `HTTPRequest`, stay behind those imports.

// How is a request delivered?
@_exported public import struct RotaHTTP.AddressPolicy
@_exported public import struct RotaHTTP.ClosureSecrets
@_exported public import struct RotaHTTP.EnvironmentSecrets
@_exported public import struct RotaHTTP.HTTPRequestError
@_exported public import protocol RotaHTTP.HTTPTransport
@_exported public import struct RotaHTTP.InMemorySecrets
@_exported public import struct RotaHTTP.JSONPath
@_exported public import enum RotaHTTP.JSONValue
@_exported public import struct RotaHTTP.OutputMapping
@_exported public import struct RotaHTTP.RequestTemplate
@_exported public import struct RotaHTTP.ResponseMatcher
@_exported public import protocol RotaHTTP.SecretProvider
@_exported public import struct RotaHTTP.SecretValue
@_exported public import struct RotaHTTP.SuccessRule
@_exported public import struct RotaHTTP.TextPattern
@_exported public import struct RotaHTTP.TransportError
@_exported public import class RotaHTTP.URLSessionTransport
@_exported public import struct RotaHTTP.WebhookSecret
@_exported public import struct RotaHTTP.WebhookSignature
// What does a payload look like?
@_exported public import struct RotaJSONSchema.JSONSchema
// Again? After how long?
@_exported public import struct RotaRetry.AdaptiveTimeout
@_exported public import struct RotaRetry.AttemptFailure
@_exported public import protocol RotaRetry.AttemptFailureConvertible
@_exported public import struct RotaRetry.Backoff
@_exported public import struct RotaRetry.CircuitBreakerPolicy
@_exported public import struct RotaRetry.FailureKind
@_exported public import struct RotaRetry.FailureSet
@_exported public import enum RotaRetry.Jitter
@_exported public import struct RotaRetry.RetryOverrides
@_exported public import struct RotaRetry.RetryPolicy
@_exported public import struct RotaRetry.RetryPolicyError
// When?
@_exported public import struct RotaSchedule.CronDialect
@_exported public import struct RotaSchedule.CronExpression
@_exported public import struct RotaSchedule.CronSyntaxError
@_exported public import struct RotaSchedule.DaylightSavingPolicy
@_exported public import struct RotaSchedule.ExecutionWindow
@_exported public import struct RotaSchedule.Occurrence
@_exported public import struct RotaSchedule.Schedule
@_exported public import struct RotaSchedule.ScheduleCalendar
@_exported public import struct RotaSchedule.ScheduleError
@_exported public import class RotaSchedule.TimeZoneDatabase
@_exported public import enum RotaSchedule.Weekday
// What is remembered?
@_exported public import struct RotaStore.Attempt
@_exported public import struct RotaStore.BatchID
@_exported public import struct RotaStore.ChainRule
@_exported public import struct RotaStore.Durability
@_exported public import struct RotaStore.Execution
@_exported public import struct RotaStore.ExecutionFailure
@_exported public import struct RotaStore.ExecutionID
@_exported public import struct RotaStore.ExecutionNotification
@_exported public import struct RotaStore.ExecutionQuery
@_exported public import struct RotaStore.ExecutionSource
@_exported public import enum RotaStore.ExecutionStatus
@_exported public import struct RotaStore.ExecutionTrail
@_exported public import struct RotaStore.ExternalCompletion
@_exported public import class RotaStore.FileJobStore
@_exported public import struct RotaStore.FileStoreError
@_exported public import class RotaStore.InMemoryJobStore
@_exported public import struct RotaStore.JSONPayload
@_exported public import struct RotaStore.Job
@_exported public import struct RotaStore.JobAction
@_exported public import struct RotaStore.JobAttributes
@_exported public import struct RotaStore.JobDefinition
@_exported public import struct RotaStore.JobHealth
@_exported public import struct RotaStore.JobID
@_exported public import struct RotaStore.JobLimits
@_exported public import struct RotaStore.JobQuery
@_exported public import enum RotaStore.JobState
@_exported public import protocol RotaStore.JobStore
@_exported public import struct RotaStore.JobVersion
@_exported public import struct RotaStore.MisfirePolicy
@_exported public import struct RotaStore.NotificationRule
@_exported public import struct RotaStore.OverlapPolicy
@_exported public import struct RotaStore.PageCursor
@_exported public import struct RotaStore.PruneReport
@_exported public import struct RotaStore.RateLimit
@_exported public import struct RotaStore.RecordPage
@_exported public import struct RotaStore.Retention
@_exported public import struct RotaStore.RewindReport
@_exported public import struct RotaStore.ScheduleState
@_exported public import struct RotaStore.SharedRateLimit
@_exported public import struct RotaStore.SkippedOccurrence
@_exported public import struct RotaStore.StoreError
@_exported public import struct RotaStore.Uniqueness

#if os(Linux)
    @_exported public import class RotaCURL.CURLTransport
#endif
