extension HTTPHeaders {
    /// The longest value a request may carry, in bytes.
    package static let longestValue = 16_384
    /// The most bytes all names and values together may have.
    package static let longestTotal = 65_536

    /// Names that frame the message or belong to the connection: setting one by hand is request smuggling.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "proxy-connection", "keep-alive", "upgrade", "te",
        "trailer", "expect", "proxy-authorization", "proxy-authenticate", "http2-settings",
    ]

    /// Refuses what could smuggle or is too large (goal S2).
    ///
    /// - Throws: ``HTTPRequestError`` with `badHeader`, `reservedHeader` or `tooLarge`.
    package func check() throws(HTTPRequestError) {
        var total = 0
        for field in fields {
            try Self.check(name: field.name)
            try Self.check(value: field.value, of: field.name)
            total += field.name.utf8.count + field.value.utf8.count
        }
        guard total <= Self.longestTotal else {
            throw HTTPRequestError(
                .tooLarge, field: "headers", "names and values may have \(Self.longestTotal) bytes, these have \(total)"
            )
        }
    }

    package static func check(name: String) throws(HTTPRequestError) {
        guard !name.isEmpty, name.utf8.count <= 256, name.utf8.allSatisfy(isToken) else {
            throw HTTPRequestError(
                .badHeader, field: "headers", "a header name has letters, digits and -_.!#$%&'*+^`|~ (RFC 9110)",
                value: name)
        }
        guard !reserved.contains(name.lowercased()) else {
            throw HTTPRequestError(
                .reservedHeader, field: "headers[\"\(name)\"]", "the transport sets this header itself; leave it out")
        }
    }

    package static func check(value: String, of name: String) throws(HTTPRequestError) {
        guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw HTTPRequestError(
                .badHeader, field: "headers[\"\(name)\"]",
                "the value holds a line break or another control character; remove it")
        }
        guard value.utf8.count <= longestValue else {
            throw HTTPRequestError(
                .tooLarge, field: "headers[\"\(name)\"]",
                "a value may have \(longestValue) bytes, this one has \(value.utf8.count)")
        }
    }

    /// `tchar` of RFC 9110 § 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
