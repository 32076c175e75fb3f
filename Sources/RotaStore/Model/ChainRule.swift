public import Foundation
import RotaCore
public import RotaHTTP
import RotaJSONSchema
import RotaRetry

/// A job to trigger when an execution ends, with a payload made from its output.
///
/// The new execution is queued in the step that ends the other. It has the source ``ExecutionSource/chain``, names the
/// other as its parent, and inherits its dependency key, and its metadata where the job has none of the same name. A
/// chain has at most ``longest`` links after its first execution.
///
/// ```swift
/// let rule = ChainRule(on: .completed, slug: "invoice", payload: ["order": try JSONPath("$.order.id")])
/// var definition = job.definition
/// definition.chain = [rule, ChainRule(on: .failed, slug: "clean-up")]
/// ```
///
/// If no job is found, nothing happens; a preview warns. If the payload breaks the schema of the other job, or the
/// chain is too long, the new execution is recorded as failed and says why.
public struct ChainRule: Sendable, Hashable, Codable {
    /// The largest number of executions that follow one another.
    public static let longest = 10

    /// The job to trigger.
    public enum Target: Sendable, Hashable {
        /// The job with an identifier.
        case job(JobID)
        /// The job with a slug, in the project of the job whose execution ended.
        case slug(String)
    }

    /// How the execution must end.
    public var condition: JobDependency.Condition
    /// The job to trigger.
    public var target: Target
    /// The values to take from the output; `nil` to pass the whole output on.
    ///
    /// A path that finds nothing gives `null`. A job whose request has no place for a payload gets none.
    public var payload: OutputMapping?

    /// Creates a rule that triggers the job with a slug, in the same project.
    public init(on condition: JobDependency.Condition, slug: String, payload: OutputMapping? = nil) {
        (self.condition, self.payload) = (condition, payload)
        target = .slug(slug)
    }

    /// Creates a rule that triggers the job with an identifier.
    public init(on condition: JobDependency.Condition, job: JobID, payload: OutputMapping? = nil) {
        (self.condition, self.payload) = (condition, payload)
        target = .job(job)
    }

    private enum CodingKeys: String, CodingKey {
        case condition = "on"
        case job, slug, payload
    }

    /// Decodes a rule such as `{"on": "completed", "slug": "invoice", "payload": {"order": "$.order.id"}}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        condition = try container.decodeIfPresent(JobDependency.Condition.self, forKey: .condition) ?? .completed
        payload = try container.decodeIfPresent(OutputMapping.self, forKey: .payload)
        if let id = try container.decodeIfPresent(JobID.self, forKey: .job) {
            target = .job(id)
        } else {
            target = .slug(try container.decode(String.self, forKey: .slug))
        }
    }

    /// Encodes the rule.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(condition, forKey: .condition)
        switch target {
        case .job(let id): try container.encode(id, forKey: .job)
        case .slug(let slug): try container.encode(slug, forKey: .slug)
        }
        try container.encodeIfPresent(payload, forKey: .payload)
    }
}

extension Job {
    /// Returns the executions that the job's chain rules ask for when an execution of it ends.
    ///
    /// A store must record them in the step that ends it. Their identifiers are derived from the execution's, so the
    /// same end always produces the same executions. An execution that could not be created is stored as failed. It
    /// counts like any other end but continues no chain, so call this only for executions that were queued.
    ///
    /// - Parameters:
    ///   - ended: The execution that ended.
    ///   - date: When it ended.
    ///   - find: Finds the job that a rule names, or returns `nil` if there is none.
    public func chained(
        from ended: Execution, at date: Date, find: (ChainRule.Target) throws -> Job?
    ) rethrows -> [Execution] {
        let rules = chain
        guard !rules.isEmpty, ended.source != .notification else { return [] }
        return try rules.indices.compactMap { index in
            guard rules[index].condition.isMet(by: ended.progress.status), let other = try find(rules[index].target)
            else { return nil }
            return other.execution(by: rules[index], number: index, from: ended, at: date)
        }
    }

    /// The execution that a rule of another job asks for.
    private func execution(by rule: ChainRule, number: Int, from ended: Execution, at date: Date) -> Execution {
        var details = ExecutionDetails.none
        details.parentID = ended.id
        // A record from elsewhere may have any depth.
        details.lineageDepth = min(max(0, ended.details.lineageDepth), ChainRule.longest) + 1
        details.dependencyKey = ended.details.dependencyKey
        let made = takesPayload ? rule.payload(from: ended.progress.output) : nil
        let isTooLarge = made.map { $0.json.count > JSONPayload.longest } ?? false
        let payload = isTooLarge ? nil : made
        var execution = execution(
            // After the numbers of notifications.
            id: .derived(100 + number, of: ended.id, at: date), source: .chain, scheduledFor: date, createdAt: date,
            payload: payload, metadata: ended.metadata.merging(metadata) { _, own in own }, details: details)
        let flaw =
            isTooLarge
            ? "It was not started: the payload that the chain made for it has more than \(JSONPayload.longest) bytes. Take "
                + "fewer values from the output."
            : flaw(inChainOf: details.lineageDepth, payload: payload)
        if let flaw {
            execution.progress.status = .failed
            execution.progress.finishedAt = date
            execution.progress.failure = ExecutionFailure(kind: .invalidRequest, message: flaw)
        }
        return execution
    }

    private var takesPayload: Bool { action.handler != nil || action.request?.usesPayload == true }

    private func flaw(inChainOf depth: Int, payload: JSONPayload?) -> String? {
        guard depth <= ChainRule.longest else {
            return
                "It was not started: a chain of executions that trigger one another has at most \(ChainRule.longest) "
                + "links. Look for jobs that trigger each other in a circle."
        }
        guard let schema = definition.payloadSchema else { return nil }
        let value = (payload ?? action.handler?.payload).map { try? JSONValue(parsing: Array($0.json)) } ?? .null
        guard let value else { return "It was not started: its payload is not JSON." }
        return schema.violations(of: value).first.map {
            "It was not started: the payload that the chain made for it does not match the schema: \($0)."
        }
    }
}

extension ChainRule {
    /// The payload made from an output.
    fileprivate func payload(from output: JSONPayload?) -> JSONPayload? {
        guard let payload else { return output }
        let root = output.flatMap { try? JSONValue(parsing: Array($0.json)) } ?? .null
        return JSONPayload(trusted: Data(payload.output(of: root).text.utf8))
    }
}
