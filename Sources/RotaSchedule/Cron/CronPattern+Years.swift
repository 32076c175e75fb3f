extension CronPattern {
    /// The years a seventh field allows: a set over 1970–2225.
    struct Years: Hashable, Sendable {
        /// The years that can be written.
        static let supported = 1970...2225

        private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        mutating func insert(_ year: Int) {
            let index = year &- Self.supported.lowerBound
            let bit: UInt64 = 1 << UInt64(index & 63)
            switch index >> 6 {
            case 0: words.0 |= bit
            case 1: words.1 |= bit
            case 2: words.2 |= bit
            case 3: words.3 |= bit
            default: break
            }
        }

        func contains(_ year: Int) -> Bool {
            guard Self.supported.contains(year) else { return false }
            let index = year &- Self.supported.lowerBound
            let word =
                switch index >> 6 {
                case 0: words.0
                case 1: words.1
                case 2: words.2
                default: words.3
                }
            return word >> UInt64(index & 63) & 1 == 1
        }

        /// The first year of the set at or after a year.
        func next(from year: Int) -> Int? {
            var candidate = max(year, Self.supported.lowerBound)
            while candidate <= Self.supported.upperBound {
                if contains(candidate) { return candidate }
                candidate &+= 1
            }
            return nil
        }

        /// The last year of the set at or before a year.
        func previous(from year: Int) -> Int? {
            var candidate = min(year, Self.supported.upperBound)
            while candidate >= Self.supported.lowerBound {
                if contains(candidate) { return candidate }
                candidate &-= 1
            }
            return nil
        }

        static func == (left: Years, right: Years) -> Bool {
            left.words == right.words
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
            hasher.combine(words.2)
            hasher.combine(words.3)
        }
    }
}
