import Foundation
import RotaCore
import RotaHTTP
import RotaSchedule
import RotaStore

extension JobPreview {
    /// A warning about something that is allowed but rarely intended.
    public struct Warning: Sendable, Hashable, CustomStringConvertible {
        /// The kind of warning.
        ///
        /// More kinds may be added.
        public struct Code: Sendable, Hashable, CustomStringConvertible {
            private enum Kind: String {
                case cron, neverFires, inThePast, unknownHandler, unreadablePayload, blockedAddress, outsideWindow,
                    inactive
                case rateTooLow, missingChainTarget, differingRates, expiresFirst
            }

            private let kind: Kind

            /// The cron expression probably does not mean what its author intended.
            public static let cron = Code(kind: .cron)
            /// The schedule has no occurrence.
            public static let neverFires = Code(kind: .neverFires)
            /// The first occurrence is in the past and undecided.
            ///
            /// The misfire policy will decide about it.
            public static let inThePast = Code(kind: .inThePast)
            /// The job, or one of its notifications, calls a handler that is not registered here.
            public static let unknownHandler = Code(kind: .unknownHandler)
            /// The job's payload cannot be decoded as the type that its handler takes.
            public static let unreadablePayload = Code(kind: .unreadablePayload)
            /// The transport will refuse the address of the job's request, or of one of its webhooks.
            public static let blockedAddress = Code(kind: .blockedAddress)
            /// Some occurrences fall outside the execution window and wait for its next opening.
            public static let outsideWindow = Code(kind: .outsideWindow)
            /// The job does not fire until it is resumed.
            public static let inactive = Code(kind: .inactive)
            /// The rate limit allows fewer starts than the schedule has occurrences, so executions pile up.
            public static let rateTooLow = Code(kind: .rateTooLow)
            /// A chain rule of the job names a job that does not exist yet.
            public static let missingChainTarget = Code(kind: .missingChainTarget)
            /// The job gives a shared rate limit other numbers than another job does.
            public static let differingRates = Code(kind: .differingRates)
            /// The execution expires before it could start.
            public static let expiresFirst = Code(kind: .expiresFirst)

            /// The code's name, such as `neverFires`.
            public var description: String { kind.rawValue }
        }

        /// The kind of warning.
        public let code: Code
        /// The consequence, and what was probably intended.
        public let message: String

        /// The message.
        public var description: String { message }
    }
}

extension JobDefinition {
    /// Finds what is allowed but rarely intended.
    ///
    /// - Parameters:
    ///   - occurrences: The first occurrences.
    ///   - scheduleState: The schedule state of the job.
    ///   - now: The current date.
    ///   - handlers: The handlers that are registered.
    ///   - transport: The transport that would send the requests.
    func warnings(
        of occurrences: [PreviewedOccurrence], from scheduleState: ScheduleState, at now: Date,
        handlers: HandlerRegistry, transport: any HTTPTransport
    ) -> [JobPreview.Warning] {
        let state = scheduleState.state
        // The end of the execution that runs now will decide about the next date.
        let isAwaiting = state != .completed && !schedule.isSeries && scheduleState.awaitedExecutionID != nil
        var found = schedule.warnings(from: now).map { JobPreview.Warning(code: .cron, message: $0.description) }
        if let next = scheduleState.nextEffective ?? scheduleState.next {
            if next < now { found.append(lateWarning(next, at: now)) }
        } else if !schedule.isOnDemand, !isAwaiting {
            found.append(.init(code: .neverFires, message: schedule.reasonForNoOccurrence(after: now)))
        }
        if state == .draft || state == .paused {
            found.append(
                .init(
                    code: .inactive,
                    message: "The job is \(state.rawValue) and does not fire until it is resumed with `resume(_:)`."))
        }
        found += handlerWarnings(handlers, for: action.handler) + payloadWarnings() + addressWarnings(transport)
        return found + windowWarnings(of: occurrences) + rateWarnings(of: occurrences)
    }

    private func lateWarning(_ next: Date, at now: Date) -> JobPreview.Warning {
        let isTooLate = misfire.isTooLate(now.elapsed(since: next))
        let advice =
            if isTooLate {
                "it is more overdue than the misfire policy allows, so it will be skipped. Choose a later date, or a longer "
                    + "`maximumLateness`"
            } else if misfire.rule == .skip {
                "the misfire policy is `.skip`, so it will be skipped once it is overdue by more than "
                    + "`misfireThreshold`. Choose a later date, or the policy `.latest`"
            } else {
                "the misfire policy decides, so the job fires at once, or when it is resumed. If that is not meant, choose a "
                    + "later date, or the policy `.skip`"
            }
        return JobPreview.Warning(
            code: .inThePast, message: "The occurrence at \(next.text) is in the past: \(advice).")
    }

    /// Finds handlers that are missing here, or that do not take the payload of the action.
    func handlerWarnings(_ handlers: HandlerRegistry, for call: HandlerCall?) -> [JobPreview.Warning] {
        var found: [JobPreview.Warning] = []
        for name in handlerNames.sorted() where handlers[name] == nil {
            let caller = action.handler?.name == name ? "The job" : "A notification of the job"
            let meant = handlers.similar(to: name)
            found.append(
                .init(
                    code: .unknownHandler,
                    message: "\(caller) calls handler \"\(name)\", which is not registered here"
                        + (meant.map { "; did you mean \"\($0)\"?" } ?? ".")
                        + " Register it with `handle(\"\(name)\") { … }` before `run()`."))
        }
        if let flaw = call.flatMap({ handlers.flaw(in: $0) }) {
            found.append(.init(code: .unreadablePayload, message: flaw))
        }
        return found
    }

    private func payloadWarnings() -> [JobPreview.Warning] {
        var found: [JobPreview.Warning] = []
        if !schedule.isOnDemand, action.handler?.payload == nil,
            let flaw = payloadSchema?.violations(of: .null).first
        {
            found.append(
                .init(
                    code: .unreadablePayload,
                    message: "The job fires without a payload, which its schema does not allow: \(flaw). Give the "
                        + "action a payload, or allow null in the schema."))
        }
        return found
    }

    /// Finds requests and webhooks whose addresses the transport refuses.
    func addressWarnings(_ transport: any HTTPTransport) -> [JobPreview.Warning] {
        var requests = action.request?.sampleURL.map { [("The job's request", $0)] } ?? []
        if let url = action.request?.sampleFallbackURL { requests.append(("The fallback of the job's request", url)) }
        for rule in notifications {
            guard case .webhook(let url, _) = rule.channel, let url = URL(string: url) else { continue }
            requests.append(("A webhook of the job", url))
        }
        return requests.compactMap { sender, url in
            transport.refusal(of: url).map { error in
                JobPreview.Warning(code: .blockedAddress, message: "\(sender) will be refused: \(error.message).")
            }
        }
    }

    private func windowWarnings(of occurrences: [PreviewedOccurrence]) -> [JobPreview.Warning] {
        guard let window = limits.window else { return [] }
        let outside = occurrences.filter { !window.contains($0.occurrence.effective) }
        guard let first = outside.first?.occurrence.effective else { return [] }
        let opening = window.nextOpening(from: first)
        return [
            JobPreview.Warning(
                code: .outsideWindow,
                message: "\(outside.count) of the first \(occurrences.count) occurrences fall outside the execution "
                    + "window. The one at \(first.text) "
                    + (opening.map { "waits until \($0.text)." }
                        ?? "never starts, because the window never opens again.")
                    + " If that is not meant, change the schedule or `limits.window`.")
        ]
    }

    private func rateWarnings(of occurrences: [PreviewedOccurrence]) -> [JobPreview.Warning] {
        guard let rate = limits.rate, rate.maximum < occurrences.count else { return [] }
        let dates = occurrences.map(\.occurrence.effective)
        let isTooLow = zip(dates, dates.dropFirst(rate.maximum)).allSatisfy { start, end in
            end.elapsed(since: start) < rate.window
        }
        guard isTooLow else { return [] }
        return [
            JobPreview.Warning(
                code: .rateTooLow,
                message:
                    "The job is due more often than its rate limit of \(rate.maximum) per \(rate.window.exactText) "
                    + "allows, so executions pile up. Raise the limit, or let the job fire less often.")
        ]
    }
}

extension Schedule {
    /// Says that no occurrence is left, why, and what to change.
    func reasonForNoOccurrence(after date: Date) -> String {
        let head = "The schedule (\(summary)) has no occurrence after \(date.text)"
        guard let end, end <= date else {
            return head + ". Give the job one with a future date, or `.onDemand` if it runs on request only."
        }
        return head + ": it ends at \(end.text). Give it a later end."
    }
}

/// The numbers that jobs give to shared rate limits, by the limit's name, with the first job that gives them.
struct SharedRates {
    private var known: [String: (limit: RateLimit, job: String)] = [:]

    /// Adds the limits of a job.
    ///
    /// - Returns: A warning for each limit that an earlier job gives other numbers.
    mutating func add(_ definition: JobDefinition) -> [JobPreview.Warning] {
        definition.limits.sharedRates.compactMap { shared in
            guard let first = known[shared.name] else {
                known[shared.name] = (shared.limit, definition.name)
                return nil
            }
            guard first.limit != shared.limit else { return nil }
            return JobPreview.Warning(
                code: .differingRates,
                message: "The shared rate \"\(shared.name)\" is \(Self.text(of: shared.limit)) in job "
                    + "\"\(definition.name)\", but \(Self.text(of: first.limit)) in job \"\(first.job)\". The starts of both "
                    + "are counted together, and each job is held by its own numbers. Give both the same.")
        }
    }

    private static func text(of limit: RateLimit) -> String { "\(limit.maximum) per \(limit.window.exactText)" }
}
