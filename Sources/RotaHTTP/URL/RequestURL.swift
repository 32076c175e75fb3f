import Foundation
import RotaCore

/// A strictly parsed http or https URL.
///
/// The checked text is, character for character, the text that is connected to.
///
/// Template, request and address policy share this parser, so they cannot disagree about the host. The text is
/// canonical: lower case host, numeric hosts in dotted decimal, international hosts in punycode, no fragment, ASCII
/// only.
package struct RequestURL: Sendable, Hashable {
    /// The host: a name to resolve, or an address.
    package enum Host: Sendable, Hashable {
        case name(String)
        case address(IPAddress)
    }

    package let isSecure: Bool
    package let host: Host
    /// The port, if the URL names one.
    package let explicitPort: Int?
    /// Path and query, percent-encoded, starting with `/`.
    package let pathAndQuery: String

    package init(isSecure: Bool, host: Host, explicitPort: Int?, pathAndQuery: String) {
        self.isSecure = isSecure
        self.host = host
        self.explicitPort = explicitPort
        self.pathAndQuery = pathAndQuery
    }

    package var port: Int { explicitPort ?? (isSecure ? 443 : 80) }

    package var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isV4 ? address.description : "[\(address)]"
        }
    }

    /// Scheme, host and port.
    package var origin: String {
        (isSecure ? "https://" : "http://") + hostText + (explicitPort.map { ":\($0)" } ?? "")
    }

    package var text: String { origin + pathAndQuery }
}

extension RequestURL {
    /// The size limit of a URL in bytes.
    package static let longest = 8192

    /// Parses a URL.
    ///
    /// - Throws: ``HTTPRequestError`` with `badURL` or `tooLarge`.
    package init(parsing text: String) throws(HTTPRequestError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.longest else {
            throw HTTPRequestError(
                .tooLarge, field: "url", "a URL may have at most \(Self.longest) bytes, not \(bytes.count)")
        }
        if let bad = bytes.first(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) {
            let what = bad == 0x20 ? "a space" : bad == UInt8(ascii: "\\") ? "a backslash" : "a control character"
            throw Self.error("remove \(what), or percent-encode it", text)
        }
        let lower = bytes.prefix(8).map(lowercaseASCII)
        let isSecure = lower.starts(with: "https://".utf8)
        guard isSecure || lower.starts(with: "http://".utf8) else {
            throw Self.error("a URL must start with http:// or https://\(Self.withScheme(text))", text)
        }
        let rest = bytes.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) }
        let tail = rest[authority.endIndex...].prefix { $0 != UInt8(ascii: "#") }
        let (host, port) = try Self.parse(authority: authority, text)
        self.init(
            isSecure: isSecure, host: host, explicitPort: port, pathAndQuery: try Self.encode(pathAndQuery: tail, text))
    }

    private static func error(_ message: String, _ text: String) -> HTTPRequestError {
        // Hide the query and the fragment, which may contain a token, and what precedes an @, which may be a password.
        // Scalars, not characters: a sign with an accent on it is a sign all the same.
        let shown = text.unicodeScalars.prefix { $0 != "?" && $0 != "#" }
        if let at = shown.lastIndex(of: "@") {
            return HTTPRequestError(.badURL, field: "url", message, value: String(shown[shown.index(after: at)...]))
        }
        // A password with a ? or # in it looks like a host with a query.
        let isCutInHost = shown.split(separator: "/", omittingEmptySubsequences: false).count < 4
        let mayHoldPassword = isCutInHost && text.unicodeScalars[shown.endIndex...].contains("@")
        return HTTPRequestError(.badURL, field: "url", message, value: mayHoldPassword ? nil : String(shown))
    }

    /// The advice for a URL without its scheme, or nothing if it has another one.
    private static func withScheme(_ text: String) -> String {
        let rest = text.hasPrefix("//") ? text.dropFirst(2) : text[...]
        let host = rest.prefix { !"/?#".contains($0) }
        guard !rest.contains("://"), host.contains(".") || host.hasPrefix("localhost"), !host.contains("@"),
            (try? RequestURL(parsing: "https://" + rest)) != nil
        else { return "" }
        return "; write https://\(String(rest.unicodeScalars.prefix { $0 != "?" && $0 != "#" }))"
    }

    private static func parse(
        authority: ArraySlice<UInt8>, _ text: String
    ) throws(HTTPRequestError) -> (Host, Int?) {
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw error(
                "a URL must not contain a user name or password; put secret://name in an Authorization header", text)
        }
        var host = authority
        var port: ArraySlice<UInt8>?
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw error("an IPv6 address must end with ]", text)
            }
            host = authority[...end]
            let after = authority[(end + 1)...]
            guard after.isEmpty || after.first == UInt8(ascii: ":") else { throw error("the host is malformed", text) }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            port = authority[(colon + 1)...]
        }
        return (
            try parse(host: host, text),
            try port.map { digits throws(HTTPRequestError) in try parse(port: digits, text) }
        )
    }

    private static func parse(port: ArraySlice<UInt8>, _ text: String) throws(HTTPRequestError) -> Int {
        guard (1...5).contains(port.count), port.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let number = Int(String(decoding: port, as: UTF8.self)), (1...65535).contains(number)
        else { throw error("a port must be a number from 1 to 65535", text) }
        return number
    }

    private static func parse(host bytes: ArraySlice<UInt8>, _ text: String) throws(HTTPRequestError) -> Host {
        if bytes.first == UInt8(ascii: "[") {
            guard let address = IPAddress(String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)), !address.isV4
            else { throw error("this is not an IPv6 address (zones are not allowed)", text) }
            return .address(address)
        }
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            return try parse(host: Array(punycode(of: bytes, text).utf8)[...], text)
        }
        var name = String(decoding: bytes.map(lowercaseASCII), as: UTF8.self)
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy(isLabel) else {
            throw error("a host consists of labels of letters, digits, - and _, separated by dots", text)
        }
        // If the last label is numeric, resolvers read the whole host as an IPv4 address (inet_aton).
        if let last = labels.last, last.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true, looksNumeric(last) {
            guard let address = IPAddress.numericHost(name) else {
                throw error("this host looks like an IPv4 address but is not a valid one", text)
            }
            return .address(IPAddress(v4: address))
        }
        return .name(name)
    }

    /// Returns the ASCII form of an international host, as Foundation's `URL` writes it (IDNA).
    ///
    /// A `URL` has converted its host before it comes here, so a text must be converted the same way. Labels that would
    /// turn into others than `xn--…` only look like ASCII, as fullwidth digits do, and are refused.
    private static func punycode(of host: ArraySlice<UInt8>, _ text: String) throws(HTTPRequestError) -> String {
        let prefix = "https://"
        let dot = UInt8(ascii: ".")
        let url = URL(string: prefix + String(decoding: host, as: UTF8.self) + "/")
        let ascii = url?.absoluteString.dropFirst(prefix.count).dropLast() ?? ""
        let labels = host.split(separator: dot, omittingEmptySubsequences: false)
        let converted = ascii.utf8.split(separator: dot, omittingEmptySubsequences: false)
        guard ascii.utf8.allSatisfy({ $0 < 0x80 }), labels.count == converted.count,
            zip(labels, converted).allSatisfy({ label, converted in
                label.allSatisfy { $0 < 0x80 } || converted.starts(with: "xn--".utf8)
            })
        else {
            throw error("this host cannot be converted; write it in its punycode form (xn--…)", text)
        }
        return String(ascii)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-") else {
            return false
        }
        return label.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func looksNumeric(_ label: Substring.UTF8View) -> Bool {
        label.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } || label.starts(with: "0x".utf8)
    }

    /// Percent-encodes what a path or query may not contain.
    ///
    /// A `%` must begin an escape.
    private static func encode(
        pathAndQuery tail: ArraySlice<UInt8>, _ text: String
    ) throws(HTTPRequestError) -> String {
        var out: [UInt8] = tail.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        for index in tail.indices {
            let byte = tail[index]
            switch byte {
            case UInt8(ascii: "%"):
                guard tail[(index + 1)...].prefix(2).count == 2, tail[(index + 1)...].prefix(2).allSatisfy(isHex) else {
                    throw error("write a percent sign in a URL as %25", text)
                }
                out.append(byte)
            case 0x80..., UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "^"),
                UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "["),
                UInt8(ascii: "]"):
                out += PercentEncoding.escape(byte)
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
    }
}
