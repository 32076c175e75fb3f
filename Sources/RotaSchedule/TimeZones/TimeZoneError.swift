/// Why a time zone cannot be used.
public struct TimeZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidIdentifier, unknownZone, damagedFile, unreadableDirectory
        }

        private let kind: Kind

        /// The text cannot be the identifier of a zone.
        public static let invalidIdentifier = Code(kind: .invalidIdentifier)
        /// The database has no zone of that identifier.
        public static let unknownZone = Code(kind: .unknownZone)
        /// The zone's file is not a sound TZif file.
        public static let damagedFile = Code(kind: .damagedFile)
        /// The folder holds no time zone files.
        public static let unreadableDirectory = Code(kind: .unreadableDirectory)

        /// The code's name, such as `unknownZone`.
        public var description: String { kind.rawValue }
    }

    /// What went wrong.
    public let code: Code
    /// The identifier or path that was refused.
    public let value: String
    /// What went wrong and what to do about it.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, value: String, message: String) {
        self.code = code
        self.value = value
        self.message = message
    }
}
