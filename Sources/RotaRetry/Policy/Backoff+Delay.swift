import RotaCore

extension Backoff {
    /// The delay after a failed attempt, without jitter.
    ///
    /// For ``decorrelated(initial:factor:maximum:)`` it is the longest the delay can be.
    ///
    /// - Parameter attempt: The number of the attempt that has failed, from 1; a smaller one counts as 1.
    /// - Complexity: O(1).
    public func nominalDelay(afterAttempt attempt: Int) -> Duration {
        Nanoseconds.duration(nominal(after: max(1, attempt)))
    }

    /// The delay after a failed attempt, jitter mixed in and then capped.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt that has failed, from 1; a smaller one counts as 1.
    ///   - jitter: How much chance to mix in.
    ///   - previous: The delay before the attempt that has failed, if there was one; only decorrelated delays ask.
    ///   - generator: Where the one random number comes from.
    /// - Returns: A delay from zero to ``maximum``.
    public func delay(
        afterAttempt attempt: Int, jitter: Jitter = .full, previous: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let before = previous.map(Nanoseconds.from)
        return Nanoseconds.duration(delay(after: attempt, jitter: jitter, previous: before, random: generator.next()))
    }

    /// The delay in nanoseconds, from one random number.
    func delay(after attempt: Int, jitter: Jitter, previous: Int64?, random: UInt64) -> Int64 {
        let number = max(1, attempt)
        guard case .decorrelated(let initial, let factor) = shape else {
            // The nominal delay is capped too: else full jitter of a huge one would always end at the cap, and
            // every client would come back at the same moment again.
            return min(limit, jitter.apply(to: nominal(after: number), random: random))
        }
        var generator = SplitMix64(seed: random)
        let first = held(initial)
        var delay = first
        if let previous, number > 1 {
            delay = decorrelated(from: first, after: held(previous), factor: factor, random: generator.next())
        } else {
            // The chain forgets its start within a few steps of reaching the cap, so a hundred are plenty.
            for _ in 0..<min(number, 100) {
                delay = decorrelated(from: first, after: delay, factor: factor, random: generator.next())
            }
        }
        return min(limit, jitter.apply(to: delay, random: generator.next()))
    }

    private func decorrelated(from first: Int64, after previous: Int64, factor: Double, random: UInt64) -> Int64 {
        let longest = max(first, held(scaled(previous, by: factor)))
        return first + Int64(clamping: Nanoseconds.uniform(through: UInt64(longest - first), random: random))
    }

    /// The nominal delay in nanoseconds, between floor and cap.
    func nominal(after attempt: Int) -> Int64 {
        switch shape {
        case .fixed(let delay):
            return held(delay)
        case .linear(let step):
            return held(Nanoseconds.product(max(0, step), Int64(attempt)))
        case .exponential(let initial, let factor):
            return held(scaled(initial, by: power(factor, attempt - 1)))
        case .doubling(let initial, let doublings):
            let doubled = min(max(0, doublings), 60)
            let base = Nanoseconds.product(max(0, initial), 1 << Int64(min(doubled, attempt - 1)))
            return held(Nanoseconds.product(base, Int64(max(1, attempt - doubled))))
        case .delays(let delays):
            return held(delays.isEmpty ? 0 : delays[min(attempt, delays.count) - 1])
        case .decorrelated(let initial, let factor):
            return held(scaled(initial, by: power(factor, attempt)))
        }
    }

    /// The cap that holds even if nobody validated the backoff.
    private var limit: Int64 { min(max(0, cap), Nanoseconds.longest) }

    private func held(_ delay: Int64) -> Int64 {
        min(max(delay, floor, 0), limit)
    }

    /// A delay times a factor; what no machine number can hold is the longest there is.
    private func scaled(_ delay: Int64, by factor: Double) -> Int64 {
        // A delay of more than 104 days does not fit a `Double` to the nanosecond.
        guard factor != 1 else { return max(0, delay) }
        let product = (Double(max(0, delay)) * factor).rounded()
        guard product < Double(Nanoseconds.longest) else { return delay > 0 ? Nanoseconds.longest : 0 }
        return Int64(exactly: product) ?? 0
    }

    /// A power by squaring: the same bits on every platform, which `pow` does not promise.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var remaining = exponent
        while remaining > 0 {
            if remaining & 1 == 1 { result *= square }
            square *= square
            remaining >>= 1
        }
        return result
    }
}
