import Foundation
import RotaCore
import RotaStore
import Synchronization

/// The Swift handlers of a scheduler, by name.
final class HandlerRegistry: Sendable {
    typealias Handler = @Sendable (HandlerContext) async throws -> JSONPayload?

    private let handlers = Mutex<[String: Handler]>([:])

    /// Adds a handler.
    ///
    /// - Returns: Whether the name was free.
    func add(_ name: String, _ handler: @escaping Handler) -> Bool {
        handlers.withLock { handlers in
            guard handlers[name] == nil else { return false }
            handlers[name] = handler
            return true
        }
    }

    subscript(name: String) -> Handler? {
        handlers.withLock { $0[name] }
    }

    var names: [String] {
        handlers.withLock { $0.keys.sorted() }
    }
}

/// Finds jobs whose handlers are not registered.
struct MissingHandlers: Sendable {
    let store: any JobStore
    let handlers: HandlerRegistry

    /// The most jobs that are read, so that a start is always fast.
    static let examinedLimit = 10_000
    /// The most jobs that are listed for one handler.
    static let namedLimit = 20

    /// Reads the jobs.
    ///
    /// - Returns: For each missing handler, sorted by name, the jobs that call it, the oldest first.
    func find() async throws -> [(name: String, jobs: [JobID])] {
        var missing: [String: [JobID]] = [:]
        var query = JobQuery(limit: 1000)
        for _ in 0..<(Self.examinedLimit / 1000) {
            let page = try await store.jobs(query)
            for job in page.items where job.scheduleState.state != .completed {
                for name in job.definition.handlerNames where handlers[name] == nil {
                    if missing[name, default: []].count < Self.namedLimit { missing[name, default: []].append(job.id) }
                }
            }
            guard let next = page.next else { break }
            query.after = next
        }
        return missing.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension JobDefinition {
    /// The handlers the job needs: its own and those of its notifications.
    var handlerNames: Set<String> {
        var names = Set(
            notifications.compactMap { rule -> String? in
                guard case .handler(let name) = rule.channel else { return nil }
                return name
            })
        if let own = action.handler?.name { names.insert(own) }
        return names
    }
}

/// Holds a scheduler back from claiming, so that another one can take what this one has no handler for.
///
/// ```
///   released ──────── longestSleep + 1 s ────────▶│ turn: a multiple of 5 s
///                                                  ├─ 0.25 s head start ─┤
///                                                  others claim          this scheduler claims again
/// ```
///
/// Every scheduler on the store knows of the turn by then, because it is further away than the longest sleep.
struct Deference {
    private var turns: [Date] = []

    /// Turns are multiples of this many seconds, so that executions released at different times share one.
    private static let grid: TimeInterval = 5
    private static let headStart = Duration.milliseconds(250)

    /// Returns the date until which an execution is released.
    ///
    /// - Parameter longestSleep: How long another scheduler may go without polling the store. Capped at 30 seconds.
    mutating func turn(after now: Date, longestSleep: Duration) -> Date {
        let earliest = now.advanced(by: min(longestSleep, .seconds(30))).timeIntervalSinceReferenceDate + 1
        let turn = Date(timeIntervalSinceReferenceDate: (earliest / Self.grid).rounded(.up) * Self.grid)
        if !turns.contains(turn) { turns.append(turn) }
        return turn
    }

    /// The end of the current head start, or `nil` if there is none.
    mutating func end(at now: Date) -> Date? {
        guard !turns.isEmpty else { return nil }
        turns.removeAll { $0.advanced(by: Self.headStart) <= now }
        return turns.first { $0 <= now }?.advanced(by: Self.headStart)
    }
}
