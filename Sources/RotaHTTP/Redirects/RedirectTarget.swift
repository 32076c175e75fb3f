import RotaCore

extension RequestURL {
    /// Returns the target of a `Location` field in the response of this URL.
    ///
    /// A reference is resolved by RFC 3986 § 5.2, and read as browsers do (WHATWG URL): blanks around it, tabs and line
    /// breaks are dropped, `\` before the query is `/`, what a URL may not contain is percent-encoded, and a scheme
    /// without slashes is that of this URL. A `%` that begins no escape becomes `%25`. The port is left out if it is
    /// the scheme's own, and so is the fragment.
    ///
    /// - Throws: ``HTTPRequestError`` with `badURL` or `tooLarge`: for another scheme than http and https, a user name
    ///   or password, and a host that is none.
    package func target(of location: String) throws(HTTPRequestError) -> RequestURL {
        var reference = URLReference(LocationText.cleaned(location))
        let own = isSecure ? "https" : "http"
        if let scheme = reference.scheme {
            let name = scheme.lowercased()
            guard name == "http" || name == "https" else {
                throw HTTPRequestError(
                    .badURL, field: "url", "a redirect may lead to http:// or https://, not to another scheme",
                    value: scheme + ":")
            }
            reference.scheme = name
            if reference.authority == nil {
                if name == own { reference.scheme = nil } else { reference.findAuthority() }
            }
        }
        if reference.authority?.isEmpty == true { reference.findAuthority() }
        reference.authority = reference.authority.map(LocationText.withoutEmptyPort)
        var base = URLReference(text)
        base.fragment = nil
        var target = reference.resolved(against: base)
        target.fragment = nil
        target.path = LocationText.encoded(target.path)
        target.query = target.query.map { LocationText.encoded($0, isQuery: true) }
        return try RequestURL(parsing: target.text).withoutOwnPort
    }

    /// The URL without a port that is the one of its scheme.
    var withoutOwnPort: RequestURL {
        guard explicitPort == (isSecure ? 443 : 80) else { return self }
        return RequestURL(isSecure: isSecure, host: host, explicitPort: nil, pathAndQuery: pathAndQuery)
    }

    /// Returns whether another URL has the same scheme, host and port (RFC 6454).
    package func isSameOrigin(as other: RequestURL) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }

    /// The URL in the one spelling of all that mean the same (RFC 3986 § 6.2.2): with its port, without dot segments,
    /// with no escape that is not needed.
    package var normalized: String {
        var reference = URLReference(pathAndQuery)
        // A path that begins with two slashes would be read as an authority.
        if let authority = reference.authority {
            reference.path = "//" + authority + reference.path
            reference.authority = nil
        }
        let path = URLReference.removingDotSegments(LocationText.unescaped(reference.path))
        let query = reference.query.map { "?" + LocationText.unescaped($0) } ?? ""
        return (isSecure ? "https://" : "http://") + hostText + ":\(port)" + path + query
    }
}

extension URLReference {
    /// Takes the host from the path, however many slashes precede it.
    fileprivate mutating func findAuthority() {
        let rest = path.utf8.drop { $0 == UInt8(ascii: "/") }
        let host = rest.prefix { $0 != UInt8(ascii: "/") }
        authority = String(Substring(host))
        path = String(Substring(rest[host.endIndex...]))
    }
}

/// The characters of a `Location` field.
private enum LocationText {
    /// Returns the text without what browsers drop, and with slashes for backslashes.
    static func cleaned(_ location: String) -> String {
        let edges = octets(of: location).drop { $0 <= 0x20 }
        var bytes: [UInt8] = []
        var isTail = false
        for byte in edges where byte != 0x09 && byte != 0x0A && byte != 0x0D {
            if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { isTail = true }
            bytes.append(byte == UInt8(ascii: "\\") && !isTail ? UInt8(ascii: "/") : byte)
        }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the bytes of a text in UTF-8, also if a transport read that UTF-8 as Latin-1.
    private static func octets(of text: String) -> [UInt8] {
        let scalars = text.unicodeScalars
        guard scalars.contains(where: { $0.value > 0x7F }), scalars.allSatisfy({ $0.value <= 0xFF }) else {
            return Array(text.utf8)
        }
        let latin = scalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return String(validating: latin, as: UTF8.self) == nil ? Array(text.utf8) : latin
    }

    /// Returns an authority without a colon that no port follows.
    static func withoutEmptyPort(_ authority: String) -> String {
        authority.hasSuffix(":") ? String(authority.dropLast()) : authority
    }

    /// Percent-encodes what ``RequestURL`` would refuse in a path or query, and a query's apostrophe.
    static func encoded(_ text: String, isQuery: Bool = false) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "\\"): out += PercentEncoding.escape(byte)
            case UInt8(ascii: "'") where isQuery: out += PercentEncoding.escape(byte)
            case UInt8(ascii: "%") where hex(bytes[(index + 1)...]) == nil: out += PercentEncoding.escape(byte)
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Replaces the escapes of unreserved characters by these, and writes the others in capitals.
    static func unescaped(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%"), let byte = hex(bytes[(index + 1)...]) else {
                out.append(bytes[index])
                index += 1
                continue
            }
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
            default: out += PercentEncoding.escape(byte)
            }
            index += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The byte that two hexadecimal digits name, if the text begins with two.
    private static func hex(_ text: ArraySlice<UInt8>) -> UInt8? {
        let digits = text.prefix(2)
        // UInt8(_:radix:) also reads a sign.
        guard digits.count == 2, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-") else {
            return nil
        }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
