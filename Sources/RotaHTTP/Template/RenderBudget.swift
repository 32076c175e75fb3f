/// The bytes that a part of a request may still get while its variables are replaced.
///
/// A template of a megabyte can name a payload of a megabyte a hundred thousand times. So the limit is not checked on
/// the result, but before each piece of it is made.
struct RenderBudget {
    private let part: String
    private let field: String
    private let limit: Int
    private(set) var left: Int

    private init(_ part: String, _ field: String, _ limit: Int) {
        self.part = part
        self.field = field
        self.limit = limit
        left = limit
    }

    /// The budget of a URL.
    static func url(_ field: String) -> RenderBudget { RenderBudget("URL", field, RequestURL.longest) }

    /// The budget of a header's value or of another short text.
    static func value(_ field: String) -> RenderBudget { RenderBudget("value", field, HTTPHeaders.longestValue) }

    /// The budget of a body.
    static var body: RenderBudget { RenderBudget("body", "body", HTTPBody.longest) }

    /// Takes bytes.
    ///
    /// - Throws: ``HTTPRequestError`` with `tooLarge` if there are not as many left.
    mutating func take(_ count: Int) throws(HTTPRequestError) {
        guard count <= left else {
            throw HTTPRequestError(
                .tooLarge, field: field,
                "a \(part) may have at most \(limit) bytes, and its variables make it longer; insert shorter values")
        }
        left -= count
    }

    /// Takes the bytes of a value's JSON text, which is not made for that.
    mutating func take(json value: JSONValue) throws(HTTPRequestError) {
        switch value {
        case .null: try take(4)
        case .bool(let isTrue): try take(isTrue ? 4 : 5)
        case .number(let number): try take(number.text.utf8.count)
        case .string(let text): try take(quoted: text)
        case .array(let elements):
            try take(brackets: elements.count)
            for element in elements { try take(json: element) }
        case .object(let members):
            try take(brackets: members.count)
            for member in members {
                try take(name: member.name)
                try take(json: member.value)
            }
        }
    }

    /// Takes the bytes of the brackets around a number of elements, and of the commas between them.
    mutating func take(brackets count: Int) throws(HTTPRequestError) {
        try take(2 + max(0, count - 1))
    }

    /// Takes the bytes of a member's name with its colon.
    mutating func take(name: String) throws(HTTPRequestError) {
        try take(quoted: name)
        try take(1)
    }

    private mutating func take(quoted text: String) throws(HTTPRequestError) {
        try take(2 + text.utf8.count)
        var escapes = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x09, 0x0A, 0x0D: escapes += 1
            case ..<0x20: escapes += 5
            default: break
            }
        }
        try take(escapes)
    }
}
