import Foundation

#if canImport(CryptoKit)
    import CryptoKit
#endif

/// HMAC-SHA256 (RFC 2104): CryptoKit's where there is one, ours elsewhere.
enum MessageCode {
    /// The code of a message under a key.
    static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        #if canImport(CryptoKit)
            return Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
        #else
            return portable(key: key, message: message)
        #endif
    }

    /// Our own, used where CryptoKit is missing and tested everywhere.
    static func portable(key: [UInt8], message: [UInt8]) -> [UInt8] {
        let short = key.count > 64 ? PortableSHA256.hash(key) : key
        let padded = short + [UInt8](repeating: 0, count: 64 - short.count)
        var inner = PortableSHA256()
        inner.update(padded.map { $0 ^ 0x36 })
        inner.update(message)
        var outer = PortableSHA256()
        outer.update(padded.map { $0 ^ 0x5C })
        outer.update(inner.finish())
        return outer.finish()
    }

    /// Compares without stopping at the first difference, so that the time taken tells nothing about the code.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
