import Rota
import RotaCore
import RotaHTTP
import RotaJSONSchema
import RotaRetry
import RotaSchedule
import RotaStore

extension APIError {
    /// Puts an error of the engine in the API's terms, and its text in those of a client that writes no Swift.
    ///
    /// - Returns: The error, or `nil` if it is unexpected. Its text may then hold anything, and is not shown.
    init?(telling error: any Error) {
        guard let told = APIError(error) else { return nil }
        self = told
        guard !isVerbatim else { return }
        message = ClientWording.text(message)
        details = details.map { Detail(field: $0.field, message: ClientWording.text($0.message)) }
    }

    private init?(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as SchedulerError: self.init(scheduler: error)
        case let error as StoreError: self.init(store: error)
        // A full disk or a folder that went away. Whether it comes back is not known, and the path is not the client's.
        case let error as FileStoreError where error.code == .commitTooLarge:
            self.init(.tooLarge, "The change is larger than the store takes at once. Ask for less at a time.")
        case is FileStoreError: self = Self.storeFailed
        case let error as ScheduleError: self.init(.invalid, error.description, details: [.init("schedule", error)])
        case let error as CronSyntaxError: self.init(.invalid, error.description, details: [.init("schedule", error)])
        case let error as RetryPolicyError: self.init(.invalid, error.description, details: [.init("retry", error)])
        case let error as HTTPRequestError:
            self.init(.invalid, error.description, details: [.init(field: error.field, message: error.message)])
        case let error as Crontab.ParseError:
            self.init(
                .invalid, error.description,
                details: error.problems.map { .init(field: "crontab line \($0.line)", message: $0.message) })
        case let error as DecodingError: self.init(decoding: error)
        case is CancellationError: self.init(.unavailable, "The request was canceled.")
        default: return nil
        }
    }

    /// Whether an error is for the log of the server, since the client sees only a part of it.
    static func hides(_ error: any Error, told: APIError?) -> Bool {
        told == nil || told?.kind == .internalError || error is FileStoreError
    }

    private static let unusable = "The store cannot be used now. Try again later."

    private init?(scheduler error: SchedulerError) {
        let kind: Kind =
            switch error.code {
            case .jobNotFound, .executionNotFound, .versionNotFound, .calendarNotFound: .notFound
            case .illegalState, .calendarInUse: .conflict
            case .changed: .changed
            case .invalidToken, .expiredToken: .unauthorized
            case .unusableClock, .unusableStore: .unavailable
            case .duplicateHandler, .alreadyRunning, .invalidConfiguration: .internalError
            default: .invalid
            }
        switch kind {
        case .unavailable:
            self.init(.unavailable, Self.unusable)
            return
        case .internalError: return nil
        default: break
        }
        let details = error.violations.map { violation in
            Detail(
                field: violation.pointer.isEmpty ? "payload" : "payload" + violation.pointer, message: violation.message
            )
        }
        self.init(kind, error.message, details: details)
    }

    private init(store error: StoreError) {
        switch error.code {
        case .jobNotFound, .calendarNotFound: self.init(.notFound, error.message)
        case .conflict, .duplicate: self.init(.conflict, error.message)
        case .invalidQuery, .invalidExecution, .invalidCalendar, .cycle:
            self.init(.invalid, error.message)
        case .unsupported: self.init(.notImplemented, error.message)
        default: self = Self.storeFailed
        }
    }

    private static let storeFailed = APIError(.unavailable, unusable).with(header: "Retry-After", "5")

    /// Tells a part of the JSON that could not be read.
    private init(decoding error: DecodingError) {
        let (context, text): (DecodingError.Context, String) =
            switch error {
            case .keyNotFound(let key, let context): (context, "\(key.stringValue) is required")
            case .valueNotFound(_, let context): (context, "must not be null")
            case .typeMismatch(_, let context), .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (.init(codingPath: [], debugDescription: ""), "cannot be read")
            }
        if let cause = context.underlyingError, let told = APIError(telling: cause) {
            self = told
            return
        }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            .joined(separator: ".").replacing(".[", with: "[")
        self.init(.invalid, path.isEmpty ? text : "\(path): \(text)", details: [.init(field: path, message: text)])
    }
}

extension APIError.Detail {
    fileprivate init(_ field: String, _ error: some CustomStringConvertible) {
        self.init(field: field, message: error.description)
    }
}
