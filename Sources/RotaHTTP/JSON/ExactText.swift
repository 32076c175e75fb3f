/// Text that is compared byte for byte, as JSON compares strings.
///
/// Swift's `String` holds an é of one scalar and one of two for the same; JSON does not.
package struct ExactText: Sendable, Hashable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether the texts have the same bytes.
    package func isExactly(_ other: String) -> Bool {
        // The usual comparison is fast, and what it tells apart differs in bytes too.
        self == other && utf8.elementsEqual(other.utf8)
    }
}
