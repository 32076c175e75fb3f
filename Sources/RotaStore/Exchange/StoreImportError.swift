/// Why records could not be imported, with the line at fault; the store is as it was before.
public struct StoreImportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure this is; new kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case storeNotEmpty, unsupportedVersion, malformedLine, inconsistentRecord, incomplete
        }

        private let kind: Kind

        /// The store holds records already; import into a new one.
        public static let storeNotEmpty = Code(kind: .storeNotEmpty)
        /// The export was written by a later version of this library.
        public static let unsupportedVersion = Code(kind: .unsupportedVersion)
        /// A line is no JSON, or not what an export holds at this place.
        public static let malformedLine = Code(kind: .malformedLine)
        /// A record is there twice, or belongs to one that is not.
        public static let inconsistentRecord = Code(kind: .inconsistentRecord)
        /// The export ends too early, or goes on after its end.
        public static let incomplete = Code(kind: .incomplete)

        /// The name of the code, such as `malformedLine`.
        public var description: String { kind.rawValue }
    }

    /// What kind of failure this is.
    public let code: Code
    /// The number of the line at fault, from 1 on; nil if no line is.
    public let line: Int?
    /// What was wrong and what to do about it, for a person.
    public let message: String

    package init(_ code: Code, line: Int? = nil, _ message: String) {
        self.code = code
        self.line = line
        self.message = message
    }

    static let notEmpty = StoreImportError(
        .storeNotEmpty, "the store holds records already, and an import replaces none; import into a new store")

    /// The code, the line and the message.
    public var description: String {
        "\(code): \(line.map { "line \($0): " } ?? "")\(message)"
    }
}
