public import Foundation
import RotaCore

/// A 128-bit identifier, ordered by creation time: a UUID of version 7 (RFC 9562 §5.7).
///
/// Identifiers created later compare greater, so sorting by identifier sorts by creation.
public protocol RecordID: Sendable, Hashable, Comparable, Codable, LosslessStringConvertible {
    /// The identifier's bits, most significant first.
    var bits: UInt128 { get }

    /// Creates an identifier from its bits.
    init(bits: UInt128)
}

extension RecordID {
    /// Parses a UUID in upper or lower case.
    ///
    /// - Returns: `nil` if the text is not 8-4-4-4-12 hexadecimal digits.
    public init?(_ description: String) {
        guard let uuid = UUID(uuidString: description) else { return nil }
        self.init(uuid: uuid)
    }

    /// Creates an identifier from a Foundation UUID.
    public init(uuid: UUID) {
        self.init(bits: withUnsafeBytes(of: uuid.uuid) { bytes in bytes.reduce(0) { $0 << 8 | UInt128($1) } })
    }

    /// The identifier as a Foundation UUID.
    public var uuid: UUID {
        let b = (0..<16).map { UInt8(truncatingIfNeeded: bits >> (8 * (15 - $0))) }
        return UUID(
            uuid: (b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15])
        )
    }

    /// The identifier as 36 characters, in lower case.
    public var description: String {
        uuid.uuidString.lowercased()
    }

    /// Whether the first identifier was created before the second.
    public static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.bits < rhs.bits
    }

    /// Decodes the text of a UUID.
    ///
    /// - Throws: `DecodingError.dataCorrupted` if the text is not a UUID.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not an identifier. An identifier is a UUID of 36 characters.")
        }
        self = id
    }

    /// Encodes the identifier as its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The identifier of a job.
public struct JobID: RecordID {
    private let words: IdentifierWords

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        words = IdentifierWords(bits)
    }

    /// The identifier's bits, most significant first.
    public var bits: UInt128 { words.bits }
}

/// The identifier of an execution.
public struct ExecutionID: RecordID {
    private let words: IdentifierWords

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        words = IdentifierWords(bits)
    }

    /// The identifier's bits, most significant first.
    public var bits: UInt128 { words.bits }
}

/// The identifier of a dependency between jobs.
public struct DependencyID: RecordID {
    private let words: IdentifierWords

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        words = IdentifierWords(bits)
    }

    /// The identifier's bits, most significant first.
    public var bits: UInt128 { words.bits }
}

/// The identifier of a group of executions that were requested together.
public struct BatchID: RecordID {
    private let words: IdentifierWords

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        words = IdentifierWords(bits)
    }

    /// The identifier's bits, most significant first.
    public var bits: UInt128 { words.bits }
}

/// The bits of an identifier, as two words.
///
/// A `UInt128` is aligned to 16 bytes, and so is every record that has one. The Swift runtime on Linux allocates such
/// records with `posix_memalign`, which takes more than twice as long as `malloc`.
private struct IdentifierWords: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    init(_ bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }
}
