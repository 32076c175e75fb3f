import CRotaCURL
import Foundation
import RotaCore
import RotaHTTP

/// The raw result of a request, as the task that waited for it reads it from the transfer.
struct Reply: Sendable {
    /// The ways in which a request ends.
    enum Ending: Sendable {
        /// libcurl ended it, with a code.
        case finished(Int32)
        case deadline
        case canceled
        /// The header is one that no body may be read by.
        case unacceptable
        case failed(TransportError)
        case closed
    }

    let ending: Ending
    /// The lines of the header, if it is complete.
    var head: [UInt8]?
    var trailers: [UInt8] = []
    var body = Data()
    var bodyOverflowed = false
    var headOverflowed = false
    var addressRefused = false
    var repeatRefused = false
    var outOfMemory = false
    /// Whether TLS has said that nothing more would come, in case the body ends with its connection.
    var endIsSure = false
    /// Whether the response came by HTTP/2 or later, where each body says where it ends.
    var isFramed = false
    /// How often libcurl began to send the request.
    var starts = 0
    var systemError: Int = 0
    /// The status of the proxy's last answer to CONNECT, or 0.
    var proxyStatus = 0
    /// The path of the socket that every request is sent to, if there is one.
    var unixSocket: String?
    /// The host that libcurl was to connect to: the proxy's, or that of the URL.
    var host = ""
    /// libcurl's own words about a failure.
    var detail = ""
    var timings = HTTPTimings()
    /// The address that answered or was connected to.
    var peer: IPAddress?

    /// Whether libcurl began to send the request.
    var wasSent: Bool { starts > 0 }
    /// How often it was sent again, because a kept connection was closed before anything was answered.
    var resends: Int { max(0, starts - 1) }

    /// Creates the reply of a request that never reached libcurl.
    init(_ ending: Ending) {
        self.ending = ending
    }

    /// Takes what a transfer has got.
    init(
        _ ending: Ending, _ transfer: UnsafeMutablePointer<rota_transfer>, took total: Duration, looksUp: Bool
    ) {
        self.ending = ending
        var facts = rota_facts()
        rota_transfer_facts(transfer, &facts)
        endIsSure = rota_transfer_end_is_sure(transfer)
        let transfer = transfer.pointee
        if transfer.head_ended { head = Array(transfer.head.contents) }
        if transfer.trailers.count > 0 { trailers = Array(transfer.trailers.contents) }
        if transfer.body.count > 0 { body = Data(transfer.body.contents) }
        bodyOverflowed = transfer.body_overflowed
        headOverflowed = transfer.head_overflowed
        addressRefused = transfer.address_refused
        repeatRefused = transfer.repeat_refused
        outOfMemory = transfer.out_of_memory
        isFramed = facts.http_version > 2
        starts = Int(transfer.starts)
        systemError = facts.os_errno
        proxyStatus = facts.proxy_status
        if case .finished(let code) = ending, code != 0 {
            detail = withUnsafeBytes(of: transfer.error) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        if transfer.has_peer {
            peer = Self.address(transfer.peer)
        } else {
            peer = withUnsafeBytes(of: facts.peer) {
                IPAddress(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self))
            }
            if peer == nil, transfer.has_tried { peer = Self.address(transfer.tried) }
        }
        timings = Self.timings(facts, total, looksUp: looksUp)
    }

    private static func address(_ address: rota_address) -> IPAddress {
        let bits = withUnsafeBytes(of: address) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        return IPAddress(v6: bits).unmapped
    }

    private static func timings(_ facts: rota_facts, _ total: Duration, looksUp: Bool) -> HTTPTimings {
        // The time before libcurl began: the lookup, and the wait for the loop.
        let before = max(.zero, total - .microseconds(facts.total))
        var timings = HTTPTimings(total: total)
        // libcurl sums up only what has ended.
        guard facts.total > 0 else { return timings }
        let open = max(facts.connected, facts.secured)
        timings.connect = open > 0 ? before + .microseconds(open) : before
        if looksUp { timings.resolve = before }
        if facts.secured > 0 { timings.handshake = .microseconds(max(0, facts.secured - facts.connected)) }
        guard facts.first_byte > 0 else { return timings }
        timings.firstByte = .microseconds(max(0, facts.first_byte - open))
        timings.transfer = .microseconds(max(0, facts.total - facts.first_byte))
        return timings
    }
}

extension Reply {
    /// Whether a proxy could not connect to the address that it was asked for, so that another one is worth a try.
    ///
    /// Nothing was sent then.
    var proxyFailed: Bool {
        guard case .finished(let code) = ending, code != 0, !wasSent else { return false }
        // A gateway's refusal, or libcurl's code for one of SOCKS.
        return proxyStatus >= 500 || code == 97
    }

    /// Returns the response, or throws the error that the reply amounts to.
    func response(
        to request: HTTPRequest, limit: ResponseLimit, deadline: ContinuousClock.Instant
    ) throws(TransportError) -> HTTPResponse {
        let head: AnswerHead?
        do {
            head = try self.head.map { bytes throws(AnswerHead.Problem) in try AnswerHead(bytes) }
        } catch {
            throw self.error(.badResponse, error.message, request, nil)
        }
        let partial = head.map { HTTPResponse(status: $0.status, headers: $0.headers, timings: timings) }
        switch ending {
        case .deadline: throw error(.timeout, "no complete response within \(request.timeout.text)", request, partial)
        case .canceled: throw error(.canceled, "the request was canceled", request, partial)
        case .closed: throw error(.closed, "the transport was closed", request, nil)
        case .failed(let failure):
            throw TransportError(
                failure.code, failure.message, url: request.url, response: partial,
                mayHaveBeenSent: failure.mayHaveBeenSent || wasSent)
        case .unacceptable:
            // Only a header that could not be read is ended so, and reading it has thrown above.
            throw error(.badResponse, "the response's header is malformed", request, partial)
        case .finished(let code):
            try checkFlags(request, partial, limit)
            if code != 0, !wasSent, proxyStatus >= 300 {
                throw error(.proxyRefused, Self.refusal(byProxy: proxyStatus), request, nil)
            }
            if code != 0, !bodyOverflowed {
                // libcurl knows the host by the name of its set of addresses.
                let detail = detail.replacing(/rota-[0-9]+\.invalid/, with: host)
                let failure = CURLFailure(code, systemError: systemError, detail: detail, hasHead: head != nil)
                let place = wasSent ? "" : unixSocket.map { "; the Unix-domain socket is \($0)" } ?? ""
                throw error(failure.code, failure.message + place, request, partial)
            }
            guard let head else {
                throw error(.connectionReset, "the connection was closed before a response was complete", request, nil)
            }
            guard head.status >= 200 else {
                throw error(.badResponse, "the server switched to another protocol, unasked", request, nil)
            }
            let isOpenEnded = !isFramed && !bodyOverflowed && head.endsWithConnection(request.method)
            guard !isOpenEnded || endIsSure || !request.address.isSecure else {
                throw error(
                    .connectionReset, "the connection was closed without the end of TLS, so the body may be cut",
                    request, partial)
            }
            return try complete(head, request, limit, deadline)
        }
    }

    private func error(
        _ code: TransportError.Code, _ message: String, _ request: HTTPRequest, _ partial: HTTPResponse?
    ) -> TransportError {
        let story =
            resends == 0 || repeatRefused
            ? "" : "; it was sent again on a new connection, after a kept one was closed without a response"
        var error = TransportError(
            code, message + story, url: request.url, response: partial, mayHaveBeenSent: wasSent)
        error.timings = timings
        error.peer = peer
        error.resends = resends
        return error
    }

    /// The meaning of a proxy's refusal, and the advice.
    private static func refusal(byProxy status: Int) -> String {
        let advice =
            switch status {
            case 407: "check the username and password of the configuration's proxy"
            case 403: "check that it lets this machine reach the host and its port"
            case 500...: "it cannot reach the host, or has too much to do; look into its log"
            default: "check that it is a proxy that opens tunnels (CONNECT)"
            }
        return "the proxy refused the connection with status \(status); \(advice)"
    }

    private func checkFlags(
        _ request: HTTPRequest, _ partial: HTTPResponse?, _ limit: ResponseLimit
    ) throws(TransportError) {
        if addressRefused {
            throw error(
                .forbiddenAddress, "libcurl was about to use an address that was not checked", request, partial)
        }
        if repeatRefused {
            throw error(
                .connectionReset,
                resends == 0
                    ? "a kept connection was closed before a response; the request may not be sent again by itself"
                    : "a kept connection was closed before a response, and so was the new one on which the request was "
                        + "sent again",
                request, partial)
        }
        if headOverflowed { throw error(.tooLarge, "the response's header is too large", request, partial) }
        if outOfMemory { throw error(.other, "there is no memory for the response", request, partial) }
        if bodyOverflowed, limit.refusesMore {
            throw error(.tooLarge, "the response's body has more than \(limit.bytes) bytes", request, partial)
        }
    }

    /// Unpacks the body and puts the response together.
    private func complete(
        _ head: AnswerHead, _ request: HTTPRequest, _ limit: ResponseLimit, _ deadline: ContinuousClock.Instant
    ) throws(TransportError) -> HTTPResponse {
        var unpacked = ContentCoding.Output(data: body, isCut: bodyOverflowed)
        do {
            try ContentCoding.unpack(&unpacked, head.headers, limit: limit.bytes, deadline: deadline)
        } catch {
            let partial = HTTPResponse(status: head.status, headers: head.headers, timings: timings)
            switch error {
            case .malformed(let coding):
                throw self.error(.badResponse, "the body is not \(coding), as its header says", request, partial)
            case .late:
                throw self.error(.timeout, "no complete response within \(request.timeout.text)", request, partial)
            }
        }
        var response = HTTPResponse(
            status: head.status, headers: head.headers, body: unpacked.data, bodyIsTruncated: unpacked.isCut,
            timings: timings)
        response.peer = peer
        response.resends = resends
        if unpacked.isCut, limit.refusesMore {
            throw error(.tooLarge, "the response's body has more than \(limit.bytes) bytes", request, response)
        }
        return response
    }
}
