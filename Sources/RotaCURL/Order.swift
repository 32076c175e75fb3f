import CRotaCURL
import Foundation
import RotaHTTP
import Synchronization

/// Identifies a request, and remembers that it was canceled before the loop knew of it.
final class Ticket: Sendable, Hashable {
    let isCanceled = Atomic(false)

    static func == (left: Ticket, right: Ticket) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The end of a request: how it ended and when, and the transfer, which the waiting task reads and gives back.
struct Outcome: Sendable {
    let ending: Reply.Ending
    var transfer: Transfer?
    var date = ContinuousClock.now
}

/// A request for the loop to carry out.
///
/// A class, so that its way through the queue copies no request.
final class Order: Sendable {
    let ticket: Ticket
    let request: HTTPRequest
    let begun: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
    let limit: ResponseLimit
    let continuation: CheckedContinuation<Outcome, Never>

    init(
        ticket: Ticket, request: HTTPRequest, begun: ContinuousClock.Instant, deadline: ContinuousClock.Instant,
        limit: ResponseLimit, continuation: CheckedContinuation<Outcome, Never>
    ) {
        self.ticket = ticket
        self.request = request
        self.begun = begun
        self.deadline = deadline
        self.limit = limit
        self.continuation = continuation
    }
}

extension Order {
    /// Prepares a transfer for this request.
    ///
    /// - Returns: libcurl's code, 0 if all is well.
    func prepare(_ transfer: UnsafeMutablePointer<rota_transfer>, _ route: Route, now: ContinuousClock.Instant) -> Int32
    {
        if let proxy = route.proxy {
            let code = rota_transfer_set_text(transfer, Int32(ROTA_OPT_PROXY), proxy)
            guard code == 0 else { return code }
        }
        let lines = headerLines
        let body = request.body.data
        let addresses = route.addresses.map(Self.mapped)
        return request.address.text.withCString { url in
            request.method.rawValue.withCString { method in
                Self.withText(route.connectTo) { connectTo in
                    Self.withText(route.resolve) { resolve in
                        lines.withUnsafeBytes { lines in
                            addresses.withUnsafeBufferPointer { addresses in
                                Self.withBytes(body) { body in
                                    var out = rota_request()
                                    out.url = url
                                    out.method = method
                                    out.has_body = hasBody
                                    out.body = body.bindMemory(to: UInt8.self).baseAddress
                                    out.body_count = body.count
                                    out.headers = lines.bindMemory(to: CChar.self).baseAddress
                                    out.headers_count = lines.count
                                    out.connect_to = connectTo
                                    out.resolve = resolve
                                    out.addresses = addresses.baseAddress
                                    out.addresses_count = addresses.count
                                    // The loop's own deadline counts. This only keeps libcurl's default out of the way.
                                    out.connect_timeout_ms = Self.milliseconds(deadline - now) + 1000
                                    out.starts_allowed = mayBeRepeated ? 2 : 1
                                    out.body_limit = limit.bytes
                                    out.coded_limit = ContentCoding.limit(for: limit.bytes)
                                    return rota_transfer_prepare(transfer, &out)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether the message has a body, even an empty one, so that it says how long it is.
    private var hasBody: Bool {
        if case .none = request.body { return [.post, .put, .patch].contains(request.method) }
        return true
    }

    /// Whether the request may be sent again after a kept connection turned out to be dead before anything was
    /// answered.
    private var mayBeRepeated: Bool {
        guard request.isRepeatable else { return false }
        switch request.method {
        case .get, .head, .put, .delete: return true
        case .post, .patch: return request.headers.contains("Idempotency-Key")
        }
    }

    /// The header lines as libcurl takes them, each ended by a zero.
    private var headerLines: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(512)
        var hasType = false
        var hasCoding = false
        for field in request.headers.fields {
            lines += field.name.utf8
            // "Name:" would remove a field, "Name;" sends it empty.
            let isEmpty = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines += (isEmpty ? ";" : ": ").utf8
            if !isEmpty { lines += field.value.utf8 }
            lines.append(0)
            if !hasType, field.isNamed("Content-Type") { hasType = true }
            if !hasCoding, field.isNamed("Accept-Encoding") { hasCoding = true }
        }
        // Keep libcurl from adding its own.
        if hasBody {
            if !hasType { lines += "Content-Type:\0".utf8 }
            lines += "Expect:\0".utf8
        }
        if !hasCoding, rota_zlib_load() { lines += "Accept-Encoding: gzip, deflate\0".utf8 }
        return lines
    }

    private static func mapped(_ address: IPAddress) -> rota_address {
        var out = rota_address()
        let bits = address.isV4 ? address.bits | 0xFFFF_0000_0000 : address.bits
        withUnsafeMutableBytes(of: &out) { $0.storeBytes(of: bits.bigEndian, as: UInt128.self) }
        return out
    }

    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return Int(max(0, min(seconds, 86_400))) * 1000 + Int(max(0, attoseconds / 1_000_000_000_000_000))
    }

    private static func withText<T>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> T) -> T {
        guard let text else { return body(nil) }
        return text.withCString(body)
    }

    private static func withBytes<T>(_ data: Data?, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        guard let data else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return data.withUnsafeBytes(body)
    }
}
