@_exported public import RotaHTTP
@_exported public import RotaRetry
@_exported public import RotaSchedule
@_exported public import RotaStore
