public import Foundation
import RotaCore
import Synchronization

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
