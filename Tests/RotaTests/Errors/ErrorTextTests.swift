import Foundation
import Rota
import RotaCommands
import RotaHTTP
import RotaRetry
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

/// The text of every public error, and the names of every error's codes.
///
/// The source code says which types and codes there are, so that a new one cannot be forgotten here.
@Suite("Error texts")
struct ErrorTextTests {
    /// One error of each public type.
    private static func samples() throws -> [any Error] {
        return [
            try thrown { _ = try CronExpression("0 9 * * MOX") },
            try thrown { _ = try Schedule.cron("0 9 * * *", in: "Europe/Berln") },
            try thrown { _ = try TimeZoneDatabase.system.rules(for: "Europe/Berln") },
            try thrown { _ = try Crontab("61 * * * * https://example.com/") },
            RetryPolicyError(.factor, "The factor must be 1 to 1000.", value: "0.0"),
            AttemptFailure.http(status: 503),
            AttemptTimeout(limit: .seconds(5)),
            HTTPRequestError(.badURL, field: "url", "a URL must start with http:// or https://", value: "ftp://"),
            TransportError(.dns, "the host's name could not be resolved"),
            StoreError(.closed, "The store is closed."),
            FileStoreError(.locked, path: "/jobs", "another process has this folder open; close it first"),
            try thrown { _ = try JSONSchema(parsing: #"{"type": "x"}"#) },
            StoreImportError(.incomplete, line: 7, "the export ends here; copy the whole file"),
            SchedulerError(.tooMany, "At most 500 executions can be triggered in one step, not 501."),
            RetryLater(after: .seconds(5)), DoNotRetry("There is no order to charge."), WaitForCompletion(),
            ContractViolation("expected status 200, got 500"), LoopbackError(call: "bind", errno: 98),
            KillableStore.Killed(), CommandError(.exited, "pg_dump ended with status 2."),
        ]
    }

    private static func thrown(_ body: () throws -> Void) throws -> any Error {
        do { try body() } catch { return error }
        throw Missing()
    }

    private struct Missing: Error {}

    @Test("An error's localized description is its description")
    func localizedDescriptions() async throws {
        var errors = try Self.samples()
        do {
            try await retry(.none) { _ in throw StoreError(.closed, "The store is closed.") }
        } catch { errors.append(error) }
        for error in errors {
            #expect(error.localizedDescription == "\(error)")
            #expect(!error.localizedDescription.contains("(Rota"), "\(type(of: error))")
            #expect(!error.localizedDescription.contains("operation could not"), "\(type(of: error))")
            let localized = error as? any LocalizedError
            #expect(localized?.failureReason != "" && localized?.recoverySuggestion != "")
        }
        let names = Set(errors.map { "\(type(of: $0))" })
        #expect(names == Set(try Sources.read().flatMap(\.errorTypes)))
    }

    @Test("A mistake in a cron text has its reason and its hint")
    func reasons() throws {
        for text in ["0 9 * * MOX", "61 * * * *"] {
            let syntax = try #require(try Self.thrown { _ = try CronExpression(text) } as? CronSyntaxError)
            let schedule = try #require(try Self.thrown { _ = try Schedule.cron(text) } as? ScheduleError)
            #expect((syntax as any Error as? any LocalizedError)?.failureReason == syntax.message)
            #expect((syntax as any Error as? any LocalizedError)?.recoverySuggestion == syntax.hint)
            #expect((schedule as any Error as? any LocalizedError)?.failureReason == schedule.message)
        }
    }

    /// Every code of every error.
    private static let codes: [String: [any Sendable]] = [
        "CronSyntaxError": [
            CronSyntaxError.Code.emptyText, CronSyntaxError.Code.fieldCount, CronSyntaxError.Code.unexpectedCharacter,
            CronSyntaxError.Code.unknownName, CronSyntaxError.Code.outOfRange, CronSyntaxError.Code.invalidRange,
            CronSyntaxError.Code.invalidStep, CronSyntaxError.Code.unsupported, CronSyntaxError.Code.missingSeed,
            CronSyntaxError.Code.macro, CronSyntaxError.Code.dayFields, CronSyntaxError.Code.neverMatches,
            CronSyntaxError.Code.tooLong,
        ],
        "ScheduleError": [
            ScheduleError.Code.cron, ScheduleError.Code.timeZone, ScheduleError.Code.interval, ScheduleError.Code.date,
            ScheduleError.Code.limit, ScheduleError.Code.calendar, ScheduleError.Code.smoothing,
            ScheduleError.Code.empty, ScheduleError.Code.text, ScheduleError.Code.ambiguous,
        ],
        "TimeZoneError": [
            TimeZoneError.Code.invalidIdentifier, TimeZoneError.Code.unknownZone, TimeZoneError.Code.damagedFile,
            TimeZoneError.Code.unreadableDirectory,
        ],
        "RetryPolicyError": [
            RetryPolicyError.Code.maxAttempts, RetryPolicyError.Code.delay, RetryPolicyError.Code.factor,
            RetryPolicyError.Code.jitter, RetryPolicyError.Code.timeLimit, RetryPolicyError.Code.retryAfterCap,
            RetryPolicyError.Code.status, RetryPolicyError.Code.strategy, RetryPolicyError.Code.budget,
            RetryPolicyError.Code.breaker, RetryPolicyError.Code.timeout,
        ],
        "HTTPRequestError": [
            HTTPRequestError.Code.badMethod, HTTPRequestError.Code.badURL, HTTPRequestError.Code.badHeader,
            HTTPRequestError.Code.reservedHeader, HTTPRequestError.Code.badBody, HTTPRequestError.Code.badJSON,
            HTTPRequestError.Code.badTimeout, HTTPRequestError.Code.tooLarge, HTTPRequestError.Code.unknownVariable,
            HTTPRequestError.Code.misplacedVariable, HTTPRequestError.Code.misplacedSecret,
            HTTPRequestError.Code.badSecret, HTTPRequestError.Code.missingSecret, HTTPRequestError.Code.badRule,
            HTTPRequestError.Code.badSignature, HTTPRequestError.Code.missingValue,
        ],
        "TransportError": TransportError.Code.allCases,
        "StoreError": [
            StoreError.Code.jobNotFound, StoreError.Code.invalidExecution, StoreError.Code.conflict,
            StoreError.Code.duplicate, StoreError.Code.invalidQuery, StoreError.Code.cycle, StoreError.Code.closed,
            StoreError.Code.calendarNotFound, StoreError.Code.calendarInUse, StoreError.Code.invalidCalendar,
            StoreError.Code.unsupported, StoreError.Code.unavailable, StoreError.Code.outcomeUnknown,
            StoreError.Code.skewedClock, StoreError.Code.incompatibleSchema,
        ],
        "FileStoreError": [
            FileStoreError.Code.unusableFolder, FileStoreError.Code.locked, FileStoreError.Code.damaged,
            FileStoreError.Code.unsupportedVersion, FileStoreError.Code.writeFailed, FileStoreError.Code.readFailed,
            FileStoreError.Code.stopped, FileStoreError.Code.commitTooLarge, FileStoreError.Code.readOnly,
            FileStoreError.Code.filesChanged,
        ],
        "StoreImportError": [
            StoreImportError.Code.storeNotEmpty, StoreImportError.Code.unsupportedVersion,
            StoreImportError.Code.malformedLine, StoreImportError.Code.inconsistentRecord,
            StoreImportError.Code.incomplete,
        ],
        "CommandError": [
            CommandError.Code.invalidCommand, CommandError.Code.executableNotFound, CommandError.Code.notExecutable,
            CommandError.Code.folderNotFound, CommandError.Code.missingSecret, CommandError.Code.missingPayload,
            CommandError.Code.tooLarge, CommandError.Code.outOfResources, CommandError.Code.cannotStart,
            CommandError.Code.exited, CommandError.Code.signaled, CommandError.Code.canceled,
            CommandError.Code.statusLost,
        ],
        "SchedulerError": [
            SchedulerError.Code.invalidJob, SchedulerError.Code.jobNotFound, SchedulerError.Code.executionNotFound,
            SchedulerError.Code.duplicateHandler, SchedulerError.Code.illegalState, SchedulerError.Code.changed,
            SchedulerError.Code.alreadyRunning, SchedulerError.Code.invalidRequest, SchedulerError.Code.tooMany,
            SchedulerError.Code.versionNotFound, SchedulerError.Code.invalidPayload, SchedulerError.Code.unusableClock,
            SchedulerError.Code.unusableStore, SchedulerError.Code.invalidConfiguration,
            SchedulerError.Code.calendarNotFound, SchedulerError.Code.calendarInUse,
            SchedulerError.Code.invalidToken, SchedulerError.Code.expiredToken,
        ],
    ]

    @Test("Every code of an error prints its name")
    func codeNames() throws {
        let declared = try Sources.read().flatMap(\.codes).reduce(into: [:]) { $0[$1.type] = $1.names }
        #expect(Set(declared.keys) == Set(Self.codes.keys))
        for (type, names) in declared {
            #expect(Self.codes[type]?.map { "\($0)" }.sorted() == names.sorted(), "\(type)")
        }
    }
}

/// A source file of the package, and the errors that it declares.
private struct Sources {
    let text: String

    static func read() throws -> [Sources] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let paths = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var files: [Sources] = []
        while let path = paths?.nextObject() as? URL {
            // RotaPostgres is built with a trait only, and its own tests check its errors.
            guard path.pathExtension == "swift", !path.pathComponents.contains("RotaPostgres") else { continue }
            files.append(Sources(text: try String(contentsOf: path, encoding: .utf8)))
        }
        return files
    }

    /// The names of the public types that conform to `Error`.
    var errorTypes: [String] {
        text.matches(of: /(?m)^ *public (?:struct|enum|final class) (\w+): [^{\n]*\b(?:Error|LocalizedError)\b/)
            .map { String($0.1) }
    }

    /// The codes of each error.
    var codes: [(type: String, names: [String])] {
        guard text.contains("public struct Code"), let type = errorTypes.first else { return [] }
        return [(type, text.matches(of: /public static let (\w+) = Code\(/).map { String($0.1) })]
    }
}
