import Foundation
import RotaCore
import RotaHTTP
import RotaStore

extension JSONValue {
    /// An object of the members that have a value, in order.
    static func record(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    static func int(_ value: Int) -> JSONValue { .number(Number(Int64(value))) }

    /// Seconds as a number, whole if they are.
    static func seconds(_ duration: Duration) -> JSONValue { JSONValue(floatLiteral: duration.inSeconds) }

    static func milliseconds(_ duration: Duration) -> JSONValue { .number(Number(duration.wholeMilliseconds)) }

    /// An object of texts, by name.
    static func texts(_ texts: [String: String]) -> JSONValue {
        .object(texts.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }

    /// A stored payload.
    ///
    /// A payload is checked before it is stored, so it can be read.
    init(_ payload: JSONPayload) {
        self = (try? JSONValue(parsing: Array(payload.json))) ?? .null
    }

    /// The JSON form of a value of the engine.
    init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self = try JSONValue(parsing: Array(encoder.encode(value)))
    }

    /// Reads a value of the engine from its JSON form.
    func decode<Value: Decodable>(_ type: Value.Type = Value.self, at path: String = "") throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            guard let told = APIError(telling: error) else { throw error }
            throw told.within(path)
        }
    }
}

/// How a service writes dates.
enum TimestampForm: Sendable, Hashable {
    /// `2026-03-15T10:00:00Z`
    case seconds
    /// `2026-03-15T10:00:00.000Z`
    case milliseconds

    func text(_ date: Date) -> JSONValue {
        switch self {
        case .milliseconds: return .string(ISO8601.milliseconds(date))
        case .seconds:
            // Dates that have no four-digit year are clamped, as those with milliseconds are.
            let range = WholeSeconds.supported
            let second = min(max(WholeSeconds.floor(date) ?? 0, range.lowerBound), range.upperBound)
            return .string(ISO8601.description(Date(wholeSeconds: second)))
        }
    }

    func text(_ date: Date?) -> JSONValue? { date.map { text($0) } }

    /// The date, or null.
    func orNull(_ date: Date?) -> JSONValue { text(date) ?? .null }
}

/// How a service writes identifiers.
enum IdentifierForm: Sendable, Hashable {
    /// A UUID in lower case.
    case uuid
    /// A ULID after a word, such as `cron_01HX…`. It holds the same 128 bits.
    case prefixed(job: String, execution: String)

    func text(_ id: JobID) -> JSONValue {
        switch self {
        case .uuid: .string(id.description)
        case .prefixed(let prefix, _): .string(prefix + ULID.text(id.bits))
        }
    }

    func text(_ id: ExecutionID) -> JSONValue {
        switch self {
        case .uuid: .string(id.description)
        case .prefixed(_, let prefix): .string(prefix + ULID.text(id.bits))
        }
    }

    func job(_ text: String) -> JobID? {
        switch self {
        case .uuid: JobID(text)
        case .prefixed(let prefix, _): Self.bits(text, prefix).map { JobID(bits: $0) }
        }
    }

    func execution(_ text: String) -> ExecutionID? {
        switch self {
        case .uuid: ExecutionID(text)
        case .prefixed(_, let prefix): Self.bits(text, prefix).map { ExecutionID(bits: $0) }
        }
    }

    private static func bits(_ text: String, _ prefix: String) -> UInt128? {
        text.hasPrefix(prefix) ? ULID.bits(text.dropFirst(prefix.count)) : JobID(text)?.bits
    }
}

/// 128 bits in Crockford's Base32, as the ULID specification writes them: 26 characters, the most significant first.
enum ULID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func text(_ bits: UInt128) -> String {
        let digits = (0..<26).reversed().map { alphabet[Int(truncatingIfNeeded: bits >> (5 * $0)) & 31] }
        return String(decoding: digits, as: UTF8.self)
    }

    static func bits(_ text: some StringProtocol) -> UInt128? {
        guard text.utf8.count == 26, let first = text.utf8.first, (0x30...0x37).contains(first) else { return nil }
        var bits: UInt128 = 0
        for byte in text.uppercased().utf8 {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 5 | UInt128(digit)
        }
        return bits
    }
}
