import RotaCore

extension Backoff {
    /// Returns the delay after a failed attempt, without jitter.
    ///
    /// For ``decorrelated(initial:factor:maximum:)`` this is the longest possible delay.
    ///
    /// - Parameter attempt: The number of the failed attempt. Numbers below 1 count as 1.
    public func nominalDelay(afterAttempt attempt: Int) -> Duration {
        Nanoseconds.duration(nominal(after: max(1, attempt)))
    }

    /// Returns the delay after a failed attempt, with jitter.
    ///
    /// - Parameters:
    ///   - attempt: The number of the failed attempt. Numbers below 1 count as 1.
    ///   - jitter: The jitter. What it adds ends at ``maximum``, and delays stay evenly spread below it.
    ///   - previous: The delay before the failed attempt, if any. Only decorrelated delays use it.
    ///   - generator: The source of the one random number that is drawn.
    public func delay(
        afterAttempt attempt: Int, jitter: Jitter = .full, previous: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let before = previous.map(Nanoseconds.from)
        return Nanoseconds.duration(delay(after: attempt, jitter: jitter, previous: before, random: generator.next()))
    }

    /// Returns the delay in nanoseconds, from one random number.
    func delay(after attempt: Int, jitter: Jitter, previous: Int64?, random: UInt64) -> Int64 {
        let number = max(1, attempt)
        guard case .decorrelated(let initial, let factor) = shape else {
            return jitter.apply(to: nominal(after: number), limit: limit, random: random)
        }
        var generator = SplitMix64(seed: random)
        let first = clamped(initial)
        var delay = first
        if let previous, number > 1 {
            delay = decorrelated(from: first, after: clamped(previous), factor: factor, random: generator.next())
        } else {
            // Draw the whole chain. Its distribution settles soon after reaching the maximum, so 100 steps suffice.
            for _ in 0..<min(number, 100) {
                delay = decorrelated(from: first, after: delay, factor: factor, random: generator.next())
            }
        }
        return jitter.apply(to: delay, limit: limit, random: generator.next())
    }

    private func decorrelated(from first: Int64, after previous: Int64, factor: Double, random: UInt64) -> Int64 {
        let longest = max(first, clamped(scaled(previous, by: factor)))
        return first + Int64(clamping: Nanoseconds.uniform(through: UInt64(longest - first), random: random))
    }

    /// Returns the nominal delay in nanoseconds, between the minimum and the maximum.
    func nominal(after attempt: Int) -> Int64 {
        switch shape {
        case .fixed(let delay):
            return clamped(delay)
        case .linear(let step):
            return clamped(Nanoseconds.product(max(0, step), Int64(attempt)))
        case .exponential(let initial, let factor):
            return clamped(scaled(initial, by: power(factor, attempt - 1)))
        case .doubling(let initial, let doublings):
            let doubled = min(max(0, doublings), 60)
            let base = Nanoseconds.product(max(0, initial), 1 << Int64(min(doubled, attempt - 1)))
            return clamped(Nanoseconds.product(base, Int64(max(1, attempt - doubled))))
        case .delays(let delays):
            return clamped(delays.isEmpty ? 0 : delays[min(attempt, delays.count) - 1])
        case .decorrelated(let initial, let factor):
            return clamped(scaled(initial, by: power(factor, attempt)))
        }
    }

    /// The maximum, limited to the supported range in case the backoff was not validated.
    private var limit: Int64 { min(max(0, cap), Nanoseconds.longest) }

    private func clamped(_ delay: Int64) -> Int64 {
        min(max(delay, floor, 0), limit)
    }

    /// Returns a delay times a factor, limited to the longest delay.
    private func scaled(_ delay: Int64, by factor: Double) -> Int64 {
        // Avoid the `Double`, which cannot hold delays of more than 104 days to the nanosecond.
        guard factor != 1 else { return max(0, delay) }
        let product = (Double(max(0, delay)) * factor).rounded()
        guard product < Double(Nanoseconds.longest) else { return delay > 0 ? Nanoseconds.longest : 0 }
        return Int64(exactly: product) ?? 0
    }

    /// Returns a power by squaring.
    ///
    /// Unlike `pow`, it gives the same bits on every platform.
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
