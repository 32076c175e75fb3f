import CRotaCURL
import Foundation
import RotaCore
import RotaHTTP
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The options that all requests of a transport have in common.
struct HandleSettings: Sendable {
    let connectionsPerHost: Int
    /// After this long without a request, the connections are closed.
    let idleLimit: Duration
    let isLocal: Bool
    /// Whether a route names the proxy.
    private let texts: [(option: Int32, text: String)]
    let numbers: [(option: Int32, number: Int)]
    /// The error about an option that cannot be passed on as it is.
    private let problem: TransportError?

    init(_ configuration: CURLTransport.Configuration) {
        connectionsPerHost = min(max(1, configuration.connectionsPerHost), 10_000)
        isLocal = configuration.unixSocket != nil
        idleLimit = configuration.idleLimit
        var texts: [(Int32, String)] = [(Int32(ROTA_OPT_USERAGENT), "Rota")]
        // A connection that waited longer is not used again, while others keep the transport busy.
        let age = Int(clamping: max(1, (configuration.idleLimit.millisecondsRoundedUp + 999) / 1000))
        // A request may wait for a connection until its deadline, and then libcurl must still know the addresses that
        // its route names. By default it forgets them after a minute.
        let memory = Int(clamping: RequestTimeout.range.upperBound.millisecondsRoundedUp / 1000) + 100
        var numbers: [(Int32, Int)] = [
            (Int32(ROTA_OPT_MAXAGE_CONN), age), (Int32(ROTA_OPT_DNS_CACHE_TIMEOUT), memory),
        ]
        func add(_ option: Int32, _ text: String?) {
            if let text { texts.append((option, text)) }
        }
        add(Int32(ROTA_OPT_CAINFO), configuration.authorities)
        add(Int32(ROTA_OPT_SSLCERT), configuration.clientCertificate?.certificate)
        add(Int32(ROTA_OPT_SSLKEY), configuration.clientCertificate?.key)
        add(Int32(ROTA_OPT_KEYPASSWD), configuration.clientCertificate?.password)
        add(Int32(ROTA_OPT_PINNEDPUBLICKEY), configuration.pinnedKey)
        add(Int32(ROTA_OPT_INTERFACE), configuration.networkInterface.map(Self.local))
        add(Int32(ROTA_OPT_UNIX_SOCKET_PATH), configuration.unixSocket)
        if let proxy = configuration.proxy {
            add(Int32(ROTA_OPT_PROXYUSERNAME), proxy.username)
            add(Int32(ROTA_OPT_PROXYPASSWORD), proxy.password)
            if proxy.url.isSecure { add(Int32(ROTA_OPT_PROXY_CAINFO), configuration.authorities) }
            // Through a tunnel the proxy connects to the address that was checked, for http URLs too.
            if !proxy.resolvesNames { numbers.append((Int32(ROTA_OPT_HTTPPROXYTUNNEL), 1)) }
        }
        self.texts = texts
        self.numbers = numbers
        do {
            try Self.check(texts)
            if let authorities = configuration.authorities { try Self.check(authorities: authorities) }
            problem = nil
        } catch {
            problem = error
        }
    }

    /// The interface or address in libcurl's terms, so that it looks up no name while all other requests wait.
    private static func local(_ name: String) -> String {
        if IPAddress(name) != nil { return "host!" + name }
        return name.hasPrefix("if!") ? name : "if!" + name
    }

    /// Throws if an option cannot be passed on as it is.
    func check() throws(TransportError) {
        if let problem { throw problem }
    }

    private static func check(_ texts: [(option: Int32, text: String)]) throws(TransportError) {
        for (option, text) in texts where text.utf8.contains(0) {
            throw TransportError(
                .badRequest, "the configuration's \(Self.name(option)) contains a zero byte", mayHaveBeenSent: false)
        }
        let path = texts.first { $0.option == Int32(ROTA_OPT_UNIX_SOCKET_PATH) }?.text ?? ""
        guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
            throw TransportError(
                .badRequest, "the path of the Unix-domain socket is longer than the system allows",
                mayHaveBeenSent: false)
        }
    }

    /// Throws if a file of authorities cannot be read or holds no certificate, which no later attempt would change.
    private static func check(authorities path: String) throws(TransportError) {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw TransportError(
                .badRequest, "the file of the configuration's authorities cannot be read: \(path)",
                mayHaveBeenSent: false)
        }
        guard content.range(of: Data("-----BEGIN".utf8)) != nil else {
            throw TransportError(
                .badRequest, "the file of the configuration's authorities holds no certificate in PEM: \(path)",
                mayHaveBeenSent: false)
        }
    }

    private static func name(_ option: Int32) -> String { names[option] ?? "option \(option)" }

    /// Creates a transfer with these options.
    ///
    /// - Returns: The transfer, or libcurl's code for an option that it does not take.
    func makeTransfer() -> Result<UnsafeMutablePointer<rota_transfer>, HandleError> {
        guard let transfer = rota_transfer_create(isLocal) else {
            return .failure(HandleError(message: "libcurl has no memory or lacks an option that is needed"))
        }
        for (option, text) in texts {
            let code = rota_transfer_set_text(transfer, option, text)
            guard code == 0 else { return fail(transfer, option, code) }
        }
        for (option, number) in numbers {
            let code = rota_transfer_set_number(transfer, option, number)
            guard code == 0 else { return fail(transfer, option, code) }
        }
        return .success(transfer)
    }

    private func fail(
        _ transfer: UnsafeMutablePointer<rota_transfer>, _ option: Int32, _ code: Int32
    ) -> Result<UnsafeMutablePointer<rota_transfer>, HandleError> {
        rota_transfer_destroy(transfer)
        return .failure(
            HandleError(
                message: "this libcurl refuses the configuration's \(Self.name(option)): \(CURLFailure.text(code))"))
    }

    private static let names: [Int32: String] = [
        Int32(ROTA_OPT_CAINFO): "authorities", Int32(ROTA_OPT_SSLCERT): "client certificate",
        Int32(ROTA_OPT_SSLKEY): "client certificate's key", Int32(ROTA_OPT_PINNEDPUBLICKEY): "pinned key",
        Int32(ROTA_OPT_INTERFACE): "network interface",
        Int32(ROTA_OPT_UNIX_SOCKET_PATH): "Unix-domain socket",
        Int32(ROTA_OPT_KEYPASSWD): "client certificate's password",
        Int32(ROTA_OPT_PROXYUSERNAME): "proxy's user name", Int32(ROTA_OPT_PROXYPASSWORD): "proxy's password",
    ]
}

extension HandleSettings: CustomReflectable {
    /// A mirror without parts, so that `dump` of a transport shows no password.
    var customMirror: Mirror { Mirror(self, children: [:], displayStyle: .struct) }
}

/// The reason why libcurl has no handle for a request.
struct HandleError: Error {
    let message: String
}

/// A transfer on its way between the task that prepares it, the loop, and the task that reads it: one has it at a time.
struct Transfer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<rota_transfer>
}

/// The transfers that wait for their next request, so that few are made.
final class HandlePool: Sendable {
    /// The most transfers kept.
    ///
    /// None from libcurl 7.84 until 8.1: there, a handle that is used again keeps a pointer to the last header field of
    /// its last response, and follows it when the fields of a response begin with a folded line. A server could end the
    /// process with that. No callback runs in between, and curl_easy_reset leaves the pointer as it is. A fresh handle
    /// costs a few microseconds.
    private static let most = 0x07_5400..<0x08_0100 ~= rota_curl_version() ? 0 : 256
    private let settings: HandleSettings
    private let free = Mutex<[Transfer]>([])

    init(_ settings: HandleSettings) {
        self.settings = settings
    }

    deinit {
        for transfer in free.withLock(\.self) {
            rota_transfer_take_over(transfer.pointer)
            rota_transfer_destroy(transfer.pointer)
        }
    }

    /// Returns a transfer that is prepared for a request.
    func prepare(_ order: Order, _ route: Route) -> Result<Transfer, TransportError> {
        let transfer: Transfer
        switch take() {
        case .success(let made): transfer = made
        case .failure(let error):
            return .failure(TransportError(.other, error.message, mayHaveBeenSent: false))
        }
        let code = order.prepare(transfer.pointer, route, now: .now)
        guard code != 0 else {
            rota_transfer_hand_over(transfer.pointer)
            return .success(transfer)
        }
        giveBack(transfer)
        return .failure(CURLFailure.unsent(code))
    }

    private func take() -> Result<Transfer, HandleError> {
        if let transfer = free.withLock({ $0.popLast() }) {
            rota_transfer_take_over(transfer.pointer)
            return .success(transfer)
        }
        return settings.makeTransfer().map { Transfer(pointer: $0) }
    }

    func giveBack(_ transfer: Transfer) {
        rota_transfer_take_over(transfer.pointer)
        guard Self.most > 0 else { return rota_transfer_destroy(transfer.pointer) }
        rota_transfer_clear(transfer.pointer)
        rota_transfer_hand_over(transfer.pointer)
        let isKept = free.withLock { free in
            guard free.count < Self.most else { return false }
            free.append(transfer)
            return true
        }
        if !isKept { rota_transfer_destroy(transfer.pointer) }
    }

    func giveBack(_ prepared: Result<Transfer, TransportError>?) {
        if case .success(let transfer) = prepared { giveBack(transfer) }
    }
}
