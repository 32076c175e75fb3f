public import Foundation
import RotaCore

/// The values of `{{variables}}` for one execution.
///
/// Create the value once when an execution starts and keep it. Rendering is a pure function of it, so every retry sends
/// the same request. Only ``attempt`` changes between attempts.
///
/// ```swift
/// let variables = TemplateVariables(
///     timestamp: Date(timeIntervalSince1970: 0), uuid: UUID(), executionID: "e1", jobID: "j1",
///     scheduledFor: Date(timeIntervalSince1970: 0), attempt: 1)
/// let rendered = try RequestTemplate.get("https://example.com/{{job_id}}?at={{timestamp}}").render(variables)
/// print(rendered.url)  // https://example.com/j1?at=1970-01-01T00%3A00%3A00.000Z
/// ```
public struct TemplateVariables: Sendable, Hashable, Codable {
    /// `{{timestamp}}`: the date the execution started, in ISO 8601 with milliseconds.
    public var timestamp: Date
    /// `{{uuid}}`: a random identifier of the execution, in lower case.
    public var uuid: UUID
    /// `{{execution_id}}`.
    public var executionID: String
    /// `{{job_id}}`.
    public var jobID: String
    /// `{{scheduled_for}}`: the date the execution was due, in ISO 8601 with milliseconds.
    public var scheduledFor: Date
    /// `{{attempt}}`: the number of the attempt, starting at 1.
    ///
    /// It is allowed in the URL and in headers, not in the body.
    public var attempt: Int

    /// Creates the variables of an execution.
    ///
    /// - Parameters:
    ///   - timestamp: The date the execution started.
    ///   - uuid: A random identifier of the execution.
    ///   - executionID: The execution's id.
    ///   - jobID: The job's id.
    ///   - scheduledFor: The date the execution was due.
    ///   - attempt: The number of the attempt, starting at 1.
    public init(timestamp: Date, uuid: UUID, executionID: String, jobID: String, scheduledFor: Date, attempt: Int = 1) {
        self.timestamp = timestamp
        self.uuid = uuid
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
    }

    /// Returns the text of a variable.
    func value(of variable: TemplateVariable) -> String {
        switch variable {
        case .timestamp: ISO8601.milliseconds(timestamp)
        case .uuid: uuid.uuidString.lowercased()
        case .executionID: executionID
        case .jobID: jobID
        case .scheduledFor: ISO8601.milliseconds(scheduledFor)
        case .attempt: String(attempt)
        }
    }
}

/// The known variables, by the name between the braces.
enum TemplateVariable: String, CaseIterable {
    case timestamp
    case uuid
    case executionID = "execution_id"
    case jobID = "job_id"
    case scheduledFor = "scheduled_for"
    case attempt
}
