public import Foundation
import RotaCore
import Synchronization

/// A source of identifiers that grow with time.
public protocol IDGenerator: Sendable {
    /// Makes the bits of the next identifier.
    ///
    /// - Parameter instant: The wall-clock time at which the record is made.
    /// - Returns: Bits greater than all those returned before.
    func makeID(at instant: Date) -> UInt128
}

/// Makes UUIDs of version 7 (RFC 9562 §5.7) that grow even within a millisecond and when the clock steps back.
///
/// The 12 bits after the time count the identifiers of one millisecond (§6.2, method 1); the last 62 are random, drawn
/// once a millisecond and spread over its identifiers, because a draw from the system is a call of the kernel.
public final class TimeOrderedIDGenerator: IDGenerator {
    private struct State {
        var millisecond: UInt64 = 0
        var count: UInt64 = 0
        var seed: UInt64?
        var random: any RandomNumberGenerator & Sendable
    }

    private let state: Mutex<State>

    /// Makes a generator.
    ///
    /// - Parameter random: Where the random bits come from; a seeded source makes repeatable identifiers.
    public init(random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        state = Mutex(State(random: random))
    }

    /// Makes the bits of the next identifier.
    ///
    /// - Parameter instant: The wall-clock time at which the record is made; clamped to 48 bits of milliseconds.
    /// - Returns: Bits greater than all those this generator returned before.
    public func makeID(at instant: Date) -> UInt128 {
        let milliseconds = (instant.timeIntervalSince1970 * 1000).rounded(.down)
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

    /// The random bits of the identifier with a number: a step of SplitMix64 from the seed.
    private static func spread(_ seed: UInt64, _ number: UInt64) -> UInt64 {
        SplitMix64.mix(seed &+ (number &- 1) &* SplitMix64.increment)
    }
}
