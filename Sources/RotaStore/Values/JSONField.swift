/// How one member of a record is written as JSON: its key, the key that earlier versions used, and its default.
///
/// A record lists its members once, and is written and read by the list. Members at their defaults are left out.
struct JSONField<Record>: Sendable {
    let name: String
    /// Whether two records have the same value.
    let isEqual: @Sendable (Record, Record) -> Bool
    let encode: @Sendable (Record, inout KeyedEncodingContainer<JSONKey>) throws -> Void
    let decode: @Sendable (inout Record, KeyedDecodingContainer<JSONKey>) throws -> Void

    init<Value: Codable & Equatable & Sendable>(
        _ key: JSONKey, _ path: any WritableKeyPath<Record, Value> & Sendable, default standard: Value,
        earlier: JSONKey? = nil
    ) {
        name = key.stringValue
        isEqual = { $0[keyPath: path] == $1[keyPath: path] }
        encode = { record, container in
            let value = record[keyPath: path]
            if value != standard { try container.encode(value, forKey: key) }
        }
        decode = { record, container in
            let value =
                try container.decodeIfPresent(Value.self, forKey: key)
                ?? earlier.flatMap { try container.decodeIfPresent(Value.self, forKey: $0) }
            record[keyPath: path] = value ?? standard
        }
    }

    init<Value: Codable & Equatable & Sendable>(
        _ key: JSONKey, _ path: any WritableKeyPath<Record, Value?> & Sendable, earlier: JSONKey? = nil
    ) {
        name = key.stringValue
        isEqual = { $0[keyPath: path] == $1[keyPath: path] }
        encode = { record, container in try container.encodeIfPresent(record[keyPath: path], forKey: key) }
        decode = { record, container in
            record[keyPath: path] =
                try container.decodeIfPresent(Value.self, forKey: key)
                ?? earlier.flatMap { try container.decodeIfPresent(Value.self, forKey: $0) }
        }
    }
}

extension JSONField {
    /// A duration, written as ``JSONDuration`` writes it.
    init(_ key: JSONKey, seconds path: any WritableKeyPath<Record, Duration?> & Sendable) {
        name = key.stringValue
        isEqual = { $0[keyPath: path] == $1[keyPath: path] }
        encode = { record, container in try container.encodeIfPresent(record[keyPath: path], forKey: key) }
        decode = { record, container in
            record[keyPath: path] = try container.decodeIfPresent(Duration.self, forKey: key)
        }
    }
}

/// Members that are written as a JSON object of those that differ from their defaults.
protocol ListedMembers: Sendable, Hashable, Codable {
    /// All members at their defaults.
    init()
    /// How each member is written.
    static var fields: [JSONField<Self>] { get }
}

extension ListedMembers {
    init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.decode(&self, container) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.encode(self, &container) }
    }
}

/// A key of a JSON object.
struct JSONKey: CodingKey, ExpressibleByStringLiteral, Sendable {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) {
        stringValue = value
    }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
