public import Foundation
import RotaCore
import Synchronization

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
    /// The identifier's bits, most significant first.
    public let bits: UInt128

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        self.bits = bits
    }
}

/// The identifier of an execution.
public struct ExecutionID: RecordID {
    /// The identifier's bits, most significant first.
    public let bits: UInt128

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        self.bits = bits
    }
}

/// The identifier of a dependency between jobs.
public struct DependencyID: RecordID {
    /// The identifier's bits, most significant first.
    public let bits: UInt128

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        self.bits = bits
    }
}

/// The identifier of a group of executions that were requested together.
public struct BatchID: RecordID {
    /// The identifier's bits, most significant first.
    public let bits: UInt128

    /// Creates an identifier from its bits.
    public init(bits: UInt128) {
        self.bits = bits
    }
}

/// The identifier of one version of one job, printed as `<job>.<number>`.
public struct JobVersionID: Sendable, Hashable, LosslessStringConvertible {
    /// The job.
    public let jobID: JobID
    /// The number of the version.
    public let version: Int

    /// Creates an identifier.
    public init(jobID: JobID, version: Int) {
        self.jobID = jobID
        self.version = version
    }

    /// Parses the text of an identifier.
    ///
    /// - Returns: `nil` if the text is not `<job>.<number>`.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let job = JobID(String(parts[0])), let version = Int(parts[1]), version >= 1,
            String(version) == parts[1]
        else { return nil }
        self.init(jobID: job, version: version)
    }

    /// The identifier as text.
    public var description: String { "\(jobID).\(version)" }
}

/// A source of unique identifiers that grow with time.
public protocol IDGenerator: Sendable {
    /// Returns the bits of the next identifier, greater than all returned before.
    ///
    /// - Parameter date: The wall-clock time at which the record is created.
    func makeID(at date: Date) -> UInt128

    /// Makes the next identifiers greater than one that exists already.
    ///
    /// The scheduler calls this with the newest identifier of its store, because lists and retention go by identifiers,
    /// and the clock may have been ahead when it was created. The default implementation does nothing.
    func advance(past id: UInt128)
}

extension IDGenerator {
    /// The default implementation does nothing, for generators whose identifiers do not depend on a clock.
    public func advance(past id: UInt128) {}
}

/// Generates UUIDs of version 7 (RFC 9562 §5.7) that grow even within a millisecond and when the clock steps back.
///
/// The 12 bits after the time count the identifiers of one millisecond (§6.2, method 1). The last 62 bits are random.
/// They are derived from one random number per millisecond, because asking the system for randomness is a kernel call.
public final class TimeOrderedIDGenerator: IDGenerator {
    private struct State {
        var millisecond: UInt64 = 0
        var count: UInt64 = 0
        var seed: UInt64?
        var random: any RandomNumberGenerator & Sendable
    }

    private let state: Mutex<State>

    /// Creates a generator.
    ///
    /// - Parameter random: The source of random bits. A seeded source makes identifiers repeatable.
    public init(random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        state = Mutex(State(random: random))
    }

    /// Returns the bits of the next identifier, greater than all this generator returned before.
    ///
    /// - Parameter date: The wall-clock time at which the record is created, clamped to 48 bits of milliseconds.
    public func makeID(at date: Date) -> UInt128 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        let wanted = milliseconds.isFinite ? UInt64(min(max(milliseconds, 0), 0xffff_ffff_ffff)) : 0
        return state.withLock { state in
            if wanted > state.millisecond {
                state.millisecond = wanted
                state.count = 0
                state.seed = nil
            } else {
                state.count += 1
                if state.count > 0xfff {
                    state.millisecond += 1
                    state.count = 0
                    state.seed = nil
                }
            }
            let seed = state.seed ?? state.random.next()
            state.seed = seed
            let high = (state.millisecond & 0xffff_ffff_ffff) << 16 | 0x7000 | state.count
            let low = 0x8000_0000_0000_0000 | (Self.spread(seed, state.count) >> 2)
            return UInt128(high) << 64 | UInt128(low)
        }
    }

    /// Makes the next identifiers greater than one that exists already.
    public func advance(past id: UInt128) {
        // Only identifiers of this kind tell their time.
        guard id >> 76 & 0xf == 7 else { return }
        let millisecond = UInt64(truncatingIfNeeded: id >> 80)
        state.withLock { state in
            guard millisecond >= state.millisecond, millisecond < 0xffff_ffff_ffff else { return }
            state.millisecond = millisecond + 1
            state.count = 0
            state.seed = nil
        }
    }

    /// The random bits of the identifier with a number: one step of SplitMix64 from the seed.
    private static func spread(_ seed: UInt64, _ number: UInt64) -> UInt64 {
        SplitMix64.mix(seed &+ (number &- 1) &* SplitMix64.increment)
    }
}
