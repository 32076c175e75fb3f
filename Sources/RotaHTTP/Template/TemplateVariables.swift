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
    /// `{{scheduled_for}}`: the nominal date of the occurrence, before smoothing, in ISO 8601 with milliseconds.
    public var scheduledFor: Date
    /// `{{attempt}}`: the number of the attempt, starting at 1.
    ///
    /// It is allowed in the URL and in headers, not in the body.
    public var attempt: Int
    /// `{{payload}}` and its fields, such as `{{payload.customer.id}}`: the execution's payload, if it has one.
    public var payload: JSONValue?

    /// Creates the variables of an execution.
    ///
    /// - Parameters:
    ///   - timestamp: The date the execution started.
    ///   - uuid: A random identifier of the execution.
    ///   - executionID: The execution's id.
    ///   - jobID: The job's id.
    ///   - scheduledFor: The nominal date of the occurrence, before smoothing.
    ///   - attempt: The number of the attempt, starting at 1.
    ///   - payload: The execution's payload, if it has one.
    public init(
        timestamp: Date, uuid: UUID, executionID: String, jobID: String, scheduledFor: Date, attempt: Int = 1,
        payload: JSONValue? = nil
    ) {
        self.timestamp = timestamp
        self.uuid = uuid
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
        self.payload = payload
    }

    /// Returns the text of a variable.
    ///
    /// - Throws: ``HTTPRequestError`` with `missingValue` if the payload has no such field, or `null` there.
    func text(of variable: TemplateVariable, for field: String) throws(HTTPRequestError) -> String {
        switch variable {
        case .timestamp: return ISO8601.milliseconds(timestamp)
        case .uuid: return uuid.uuidString.lowercased()
        case .executionID: return executionID
        case .jobID: return jobID
        case .scheduledFor: return ISO8601.milliseconds(scheduledFor)
        case .attempt: return String(attempt)
        case .executionToken: return "secret://" + TemplateVariable.tokenSecret
        case .payload(let path):
            return switch try value(at: path, for: field) {
            case .string(let text): text
            case .null:
                throw HTTPRequestError(
                    .missingValue, field: field, "the payload has null where a value is needed", value: variable.name)
            case let value: value.text
            }
        }
    }

    /// Returns the value at a path in the payload.
    ///
    /// - Throws: ``HTTPRequestError`` with `missingValue` if there is none.
    func value(at path: JSONPath, for field: String) throws(HTTPRequestError) -> JSONValue {
        guard let payload else {
            throw HTTPRequestError(
                .missingValue, field: field, "the execution has no payload, which this request is made from")
        }
        guard let value = path.values(in: payload).first else {
            throw HTTPRequestError(
                .missingValue, field: field, "the payload has no such field",
                value: TemplateVariable.payload(path).name)
        }
        return value
    }
}

/// A variable of a template.
enum TemplateVariable: Sendable, Hashable {
    case timestamp
    case uuid
    case executionID
    case jobID
    case scheduledFor
    case attempt
    /// The token with which the receiver may complete the execution: a secret.
    case executionToken
    /// A field of the payload, or the whole payload.
    case payload(JSONPath)

    private static let simple: [(name: String, variable: TemplateVariable)] = [
        ("timestamp", .timestamp), ("uuid", .uuid), ("execution_id", .executionID), ("job_id", .jobID),
        ("scheduled_for", .scheduledFor), ("attempt", .attempt), ("execution_token", .executionToken),
    ]

    /// The name of the secret whose value is the token of the execution that sends the request.
    static let tokenSecret = "execution.token"

    /// The names of all variables, in braces.
    static let names = plainNames.map { "{{\($0)}}" }

    /// The names of all variables, without braces.
    static let plainNames = simple.map(\.name) + ["payload", "payload.field"]

    /// Parses the text between the braces.
    ///
    /// - Returns: `nil` if there is no such variable.
    init?(_ name: String) {
        if let (_, variable) = Self.simple.first(where: { $0.name == name }) {
            self = variable
            return
        }
        guard name.hasPrefix("payload"), let path = try? JSONPath("$" + name.dropFirst("payload".count)),
            !path.segments.contains(.every)
        else { return nil }
        self = .payload(path)
    }

    /// The text between the braces.
    var name: String {
        if case .payload(let path) = self { return "payload" + path.text.dropFirst() }
        return Self.simple.first { $0.variable == self }?.name ?? ""
    }

    /// Whether its value comes from the payload.
    var isPayload: Bool {
        if case .payload = self { true } else { false }
    }
}
