/// A part of a list, and where the next part begins.
public struct Page<Item: Sendable>: Sendable {
    /// The items, in the order asked for.
    public var items: [Item]
    /// The cursor of the next page, or `nil` if this is the last; it stays valid while records come and go.
    public var next: PageCursor?

    /// Makes a page.
    public init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

/// A place in a list: a record's identifier, after which the next page begins.
public struct PageCursor: Sendable, Hashable, Codable, LosslessStringConvertible {
    package let bits: UInt128

    package init(after bits: UInt128) {
        self.bits = bits
    }

    /// Reads a cursor that was printed before.
    ///
    /// - Returns: `nil` if the text is not a cursor.
    public init?(_ description: String) {
        guard !description.isEmpty, description.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let bits = UInt128(description, radix: 36)
        else { return nil }
        self.bits = bits
    }

    /// The cursor as text that is safe in a URL.
    public var description: String { String(bits, radix: 36) }
}
