import Foundation
import RotaCore
import RotaStore
import Synchronization

/// The Swift handlers of a scheduler, by name.
final class HandlerRegistry: Sendable {
    typealias Handler = @Sendable (HandlerContext) async throws -> JSONPayload?
    /// Says why a payload cannot be passed to a handler, or returns `nil` if it can.
    typealias PayloadCheck = @Sendable (JSONPayload) -> String?

    // A class, so that to look up the handler does not copy the check.
    private final class Entry: Sendable {
        let handler: Handler
        let check: PayloadCheck

        init(handler: @escaping Handler, check: @escaping PayloadCheck) {
            (self.handler, self.check) = (handler, check)
        }
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// Adds a handler.
    ///
    /// - Returns: Whether the name was free.
    func add(_ name: String, check: @escaping PayloadCheck = { _ in nil }, _ handler: @escaping Handler) -> Bool {
        entries.withLock { entries in
            guard entries[name] == nil else { return false }
            entries[name] = Entry(handler: handler, check: check)
            return true
        }
    }

    subscript(name: String) -> Handler? {
        entries.withLock { $0[name]?.handler }
    }

    /// Says why the payload of a call cannot be passed to its handler.
    ///
    /// - Returns: `nil` if it can, if there is none, or if the handler is not registered.
    func flaw(in call: HandlerCall) -> String? {
        guard let payload = call.payload, let check = entries.withLock({ $0[call.name]?.check }) else { return nil }
        return check(payload)
    }

    var names: [String] {
        entries.withLock { $0.keys.sorted() }
    }

    /// The registered handler that a name probably means, if it is misspelled.
    func similar(to name: String) -> String? { Spelling.meant(by: name, among: names) }
}

/// Finds jobs that cannot be executed here: their handler is not registered, or does not take their payload.
struct HandlerAudit: Sendable {
    let store: any JobStore
    let handlers: HandlerRegistry

    /// The most jobs that are read, so that a start is always fast.
    static let examinedLimit = 10_000
    /// The most jobs that are listed for one handler.
    static let namedLimit = 20

    /// The jobs that an audit found.
    struct Findings {
        /// For each missing handler, sorted by name, the jobs that call it, the oldest first.
        var missing: [(name: String, jobs: [Job])] = []
        /// The jobs whose payload their handler cannot read, with the reason.
        var unreadable: [(job: Job, reason: String)] = []
    }

    /// Reads the jobs.
    func find() async throws -> Findings {
        var findings = Findings()
        var missing: [String: [Job]] = [:]
        let known = Set(handlers.names)
        var query = JobQuery(limit: 1000)
        for _ in 0..<(Self.examinedLimit / 1000) {
            let page = try await store.jobs(query)
            for job in page.items where job.scheduleState.state != .completed {
                if !job.definition.callsOnly(known) {
                    for name in job.definition.handlerNames where !known.contains(name) {
                        if missing[name, default: []].count < Self.namedLimit { missing[name, default: []].append(job) }
                    }
                }
                if let reason = job.action.handler.flatMap({ handlers.flaw(in: $0) }) {
                    findings.unreadable.append((job, reason))
                }
            }
            guard let next = page.next else { break }
            query.after = next
        }
        findings.missing = missing.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return findings
    }
}

extension JobDefinition {
    /// Whether the job needs no handlers but these, told without a set for each of thousands of jobs.
    fileprivate func callsOnly(_ known: Set<String>) -> Bool {
        guard notifications.isEmpty else { return handlerNames.isSubset(of: known) }
        return action.handler.map { known.contains($0.name) } ?? true
    }

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
