/// Something about a job that is allowed but seldom meant.
public struct JobWarning: Sendable, Hashable, CustomStringConvertible {
    /// The kind of warning; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cron, neverFires, inThePast, unknownHandler, outsideWindow, inactive, rateTooLow
        }

        private let kind: Kind

        /// The cron expression is probably not what was meant.
        public static let cron = Code(kind: .cron)
        /// The schedule has no occurrence.
        public static let neverFires = Code(kind: .neverFires)
        /// The first occurrence is over and not decided on; the misfire policy decides on it.
        public static let inThePast = Code(kind: .inThePast)
        /// The job calls a handler that is not registered here.
        public static let unknownHandler = Code(kind: .unknownHandler)
        /// Occurrences fall outside the execution window and wait for its next opening.
        public static let outsideWindow = Code(kind: .outsideWindow)
        /// The job does not fire until it is resumed.
        public static let inactive = Code(kind: .inactive)
        /// The rate limit allows fewer starts than the schedule has occurrences, so that runs pile up.
        public static let rateTooLow = Code(kind: .rateTooLow)

        /// The code's name, such as `neverFires`.
        public var description: String { kind.rawValue }
    }

    /// What kind of warning it is.
    public let code: Code
    /// What happens, and what was probably meant.
    public let message: String

    /// The message.
    public var description: String { message }
}
