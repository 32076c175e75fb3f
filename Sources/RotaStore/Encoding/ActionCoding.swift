import Foundation
import RotaHTTP

// How the actions of jobs are written to the store's files: fields for what most have, JSON for the rest.

extension JobAction {
    enum Field: UInt64, RecordField {
        case handler = 1
        case payload = 2
        case timeout = 3
        case heartbeatLimit = 4
        case http = 5
    }

    func write(to record: inout RecordWriter) throws {
        switch kind {
        case .handler(let call):
            record.put(Field.handler, call.name)
            record.put(Field.payload, call.payload?.json)
            record.put(Field.timeout, call.timeout)
            record.put(Field.heartbeatLimit, call.heartbeatLimit)
        case .http(let request):
            try record.record(Field.http) { try request.write(to: &$0) }
        }
    }

    init(from reader: RecordReader, sharing parts: SharedParts) throws {
        var record = reader
        var name: String?
        var payload: JSONPayload?
        var (timeout, heartbeatLimit): (Duration?, Duration?)
        while let field = try record.next(Field.self) {
            switch field {
            case .handler: name = parts.shared(try record.text())
            case .payload: payload = JSONPayload(trusted: try record.data())
            case .timeout: timeout = try record.duration()
            case .heartbeatLimit: heartbeatLimit = try record.duration()
            case .http:
                self.init(.http(try RequestTemplate(from: record.record(), sharing: parts)))
                return
            }
        }
        self.init(
            .handler(
                HandlerCall(
                    name: try RecordReader.known(name, "an action's handler"), payload: payload, timeout: timeout,
                    heartbeatLimit: heartbeatLimit)))
    }
}

extension RequestTemplate {
    enum Field: UInt64, RecordField {
        case method = 1
        case url = 2
        /// JSON.
        case headers = 3
        case text = 4
        /// JSON, as the caller wrote it.
        case json = 5
        case data = 6
        case timeout = 7
        /// JSON.
        case success = 8
        /// JSON.
        case output = 9
        case signature = 10
        case fallback = 11
    }

    func write(to record: inout RecordWriter) throws {
        record.put(Field.method, method.rawValue)
        record.put(Field.url, url)
        if !headers.fields.isEmpty { record.put(Field.headers, try StoredJSON.encode(headers)) }
        switch body {
        case .none: break
        case .text(let text): record.put(Field.text, text)
        case .json(let value): record.put(Field.json, value.text)
        case .bytes(let data): record.put(Field.data, data)
        }
        record.put(Field.timeout, timeout)
        if success != .default { record.put(Field.success, try StoredJSON.encode(success)) }
        if !output.paths.isEmpty { record.put(Field.output, try StoredJSON.encode(output)) }
        record.put(Field.signature, signature)
        record.put(Field.fallback, fallback)
    }

    init(from reader: RecordReader, sharing parts: SharedParts) throws {
        var record = reader
        var (method, url): (HTTPMethod?, String?)
        var headers = HTTPHeaders()
        var body = HTTPBody.none
        var timeout: Duration?
        var (success, output) = (SuccessRule.default, OutputMapping())
        var (signature, fallback): (String?, String?)
        while let field = try record.next(Field.self) {
            switch field {
            case .method: method = HTTPMethod(rawValue: try record.text())
            case .url: url = try record.text()
            case .headers: headers = try parts.headers.value(record.data()).value
            case .text: body = .text(try record.text())
            case .json: body = .json(try JSONValue(parsing: try record.text()))
            case .data: body = .bytes(try record.data())
            case .timeout: timeout = try record.duration()
            case .success: success = try parts.success.value(record.data()).value
            case .output: output = try parts.output.value(record.data()).value
            case .signature: signature = try record.text()
            case .fallback: fallback = try record.text()
            }
        }
        try self.init(
            method: try RecordReader.known(method, "a request's method"),
            url: try RecordReader.known(url, "a request's URL"), headers: headers, body: body,
            timeout: try RecordReader.known(timeout, "a request's timeout"), success: success, output: output,
            signature: signature, fallback: fallback)
    }
}

/// The parts that definitions read from a file have in common.
///
/// Equal parts are decoded once, and the definitions share their memory.
package final class SharedParts {
    var policies = Decoded<JobDefinition.Policies>()
    var rare = Decoded<JobDefinition.RareParts>()
    var headers = Decoded<HTTPHeaders>()
    var success = Decoded<SuccessRule>()
    var output = Decoded<OutputMapping>()
    private var texts: Set<String> = []

    package init() {}

    /// An equal text that earlier definitions have, or the text itself.
    func shared(_ text: String) -> String {
        // A shorter one needs no memory of its own.
        guard text.utf8.count > 15 else { return text }
        if texts.count >= sharedLimit { texts = [] }
        return texts.insert(text).memberAfterInsert
    }

    /// Values by their JSON.
    struct Decoded<Value: Decodable & Sendable & Hashable> {
        private var values: [Data: Boxed<Value>] = [:]

        mutating func value(_ json: Data) throws -> Boxed<Value> {
            if let value = values[json] { return value }
            // Definitions that have little in common must not fill the memory.
            if values.count >= sharedLimit { values = [:] }
            let value = Boxed(try StoredJSON.decode(Value.self, json))
            values[json] = value
            return value
        }
    }
}

/// How many parts of a kind are kept for later definitions.
private let sharedLimit = 1024
