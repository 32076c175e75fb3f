extension Backoff: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind
        case delay
        case step
        case initial
        case factor
        case doublings
        case delays
        case minimum
        case maximum
    }

    private enum KindName: String, Codable {
        case fixed, linear, exponential, doubling, delays, decorrelated
    }

    /// Decodes a backoff.
    ///
    /// Delays are seconds.
    ///
    /// - Throws: `DecodingError` if a key is missing or a value is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func delay(_ key: CodingKeys) throws -> Int64 {
            try container.decode(SecondsCoding.self, forKey: key).nanoseconds
        }
        switch try container.decode(KindName.self, forKey: .kind) {
        case .fixed: shape = .fixed(try delay(.delay))
        case .linear: shape = .linear(step: try delay(.step))
        case .exponential:
            shape = .exponential(
                initial: try delay(.initial), factor: try container.decode(Double.self, forKey: .factor))
        case .doubling:
            shape = .doubling(
                initial: try delay(.initial), doublings: try container.decode(Int.self, forKey: .doublings))
        case .delays:
            shape = .delays(try container.decode([SecondsCoding].self, forKey: .delays).map(\.nanoseconds))
        case .decorrelated:
            shape = .decorrelated(
                initial: try delay(.initial), factor: try container.decode(Double.self, forKey: .factor))
        }
        floor = try container.decodeIfPresent(SecondsCoding.self, forKey: .minimum)?.nanoseconds ?? 0
        cap = try container.decodeIfPresent(SecondsCoding.self, forKey: .maximum)?.nanoseconds ?? Nanoseconds.longest
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Encodes the kind and its settings.
    ///
    /// Delays are seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch shape {
        case .fixed(let delay):
            try container.encode(KindName.fixed, forKey: .kind)
            try container.encode(SecondsCoding(delay), forKey: .delay)
        case .linear(let step):
            try container.encode(KindName.linear, forKey: .kind)
            try container.encode(SecondsCoding(step), forKey: .step)
        case .exponential(let initial, let factor):
            try container.encode(KindName.exponential, forKey: .kind)
            try container.encode(SecondsCoding(initial), forKey: .initial)
            try container.encode(factor, forKey: .factor)
        case .doubling(let initial, let doublings):
            try container.encode(KindName.doubling, forKey: .kind)
            try container.encode(SecondsCoding(initial), forKey: .initial)
            try container.encode(doublings, forKey: .doublings)
        case .delays(let delays):
            try container.encode(KindName.delays, forKey: .kind)
            try container.encode(delays.map { SecondsCoding($0) }, forKey: .delays)
        case .decorrelated(let initial, let factor):
            try container.encode(KindName.decorrelated, forKey: .kind)
            try container.encode(SecondsCoding(initial), forKey: .initial)
            try container.encode(factor, forKey: .factor)
        }
        if floor != 0 { try container.encode(SecondsCoding(floor), forKey: .minimum) }
        if cap != Nanoseconds.longest { try container.encode(SecondsCoding(cap), forKey: .maximum) }
    }
}
