#if Postgres
    import CLibPQ
    import Foundation

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// The servers of a connection string, one by one.
    ///
    /// libpq goes through all of them under one deadline of its caller's, so one that says nothing would use up the
    /// time of the others: `connect_timeout` has no effect on connections that do not block.
    ///
    /// ```
    ///   host=db1,db2   ├──── db1 ────┼──── db2 ────┤
    ///                                └ each has its share of what is left of connectTimeout
    /// ```
    struct ConnectionTargets: Sendable, Equatable {
        /// The parameters that differ from server to server.
        struct Target: Sendable, Equatable {
            var host = ""
            var address = ""
            var port = ""
        }

        /// The servers in the order in which to try them, or none if libpq must be left to find them.
        var targets: [Target] = []
        /// The demands on the session, in the order in which to try it with all servers; `nil` leaves it as it is.
        var attributes: [String?] = [nil]
        /// Whether to try them in a random order.
        var isShuffled = false

        /// The port of PostgreSQL.
        private static let standardPort = "5432"

        /// Reads the lists of a connection string as libpq does.
        ///
        /// - Parameters:
        ///   - parameters: The parameters, with what a service file adds to them.
        ///   - environment: The variables that libpq reads for those that are missing.
        ///   - hasService: Whether libpq reads a service file too.
        init(_ parameters: [String: String], environment: [String: String], hasService: Bool = false) {
            func value(_ name: String, _ variable: String) -> String {
                if let value = parameters[name], !value.isEmpty { return value }
                return environment[variable] ?? ""
            }
            func list(_ name: String, _ variable: String) -> [String] {
                let value = value(name, variable)
                return value.isEmpty
                    ? [] : value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            let (hosts, addresses) = (list("host", "PGHOST"), list("hostaddr", "PGHOSTADDR"))
            let ports = list("port", "PGPORT")
            let count = max(hosts.count, addresses.count)
            // libpq says what is wrong with lists that do not match. It would take an empty place from the environment
            // or the service file.
            func fills(_ list: [String], _ variable: String) -> Bool {
                list.isEmpty
                    || list.count == count
                        && (!list.contains("") || !hasService && environment[variable].map(\.isEmpty) ?? true)
            }
            guard count > 0, fills(hosts, "PGHOST"), fills(addresses, "PGHOSTADDR"),
                ports.count <= 1 || ports.count == count
            else { return }
            targets = (0..<count).map { index in
                let port = ports.isEmpty ? "" : ports[ports.count == 1 ? 0 : index]
                return Target(
                    host: hosts.isEmpty ? "" : hosts[index], address: addresses.isEmpty ? "" : addresses[index],
                    port: port.isEmpty ? Self.standardPort : port)
            }
            if value("target_session_attrs", "PGTARGETSESSIONATTRS") == "prefer-standby" {
                attributes = ["standby", "any"]
            }
            isShuffled = value("load_balance_hosts", "PGLOADBALANCEHOSTS") == "random"
        }
    }

    extension ConnectionTargets.Target {
        /// The servers behind the name of a host, each with its address.
        ///
        /// It asks the resolver, which blocks. A host that needs none stays as it is.
        ///
        /// - Throws: `AttemptFailure.refused` if the resolver knows no address: libpq would only ask it again.
        func resolved() throws(AttemptFailure) -> [Self] {
            guard address.isEmpty, !host.isEmpty, !host.hasPrefix("/"), !host.hasPrefix("@") else { return [self] }
            var hints = addrinfo()
            hints.ai_family = AF_UNSPEC
            #if canImport(Darwin)
                hints.ai_socktype = SOCK_STREAM
            #elseif canImport(Glibc)
                hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            #else
                hints.ai_socktype = Int32(SOCK_STREAM)
            #endif
            var first: UnsafeMutablePointer<addrinfo>?
            let result = getaddrinfo(host, nil, &hints, &first)
            guard result == 0 else {
                let code = errno
                let reason =
                    result == EAI_SYSTEM ? String(cString: strerror(code)) : String(cString: gai_strerror(result))
                throw .refused("could not translate host name \"\(host)\" to address: \(reason)")
            }
            defer { freeaddrinfo(first) }
            var found: [Self] = []
            var entry = first
            while let info = entry?.pointee {
                entry = info.ai_next
                var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
                guard
                    getnameinfo(
                        info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
                else { continue }
                var target = self
                target.address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                if !found.contains(target) { found.append(target) }
            }
            return found.isEmpty ? [self] : found
        }

        /// The parameters of a connection to it.
        ///
        /// - Parameters:
        ///   - parameters: Those of the connection string.
        ///   - attributes: The demand on the session; `nil` leaves it as it is.
        func parameters(in parameters: [String: String], attributes: String?) -> [String: String] {
            var result = parameters
            // An empty value is one that is not set.
            (result["host"], result["hostaddr"], result["port"]) = (host, address, port)
            if let attributes { result["target_session_attrs"] = attributes }
            return result
        }
    }

    extension ConnectionTargets.Target: CustomStringConvertible {
        /// The server, as libpq names it.
        var description: String {
            let name = "\"\(host.isEmpty ? address : host)\""
            let place = host.isEmpty || address.isEmpty ? name : "\(name) (\(address))"
            return "server at \(place), port \(port)"
        }
    }
#endif
