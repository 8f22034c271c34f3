// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation

/// Moves the bytes of all requests of a transport. Made, used and destroyed on one thread.
///
/// A class because curl holds its address. The system tells which connections have news (epoll), so that the cost of an answer does not grow with the
/// number of requests under way.
final class CurlEventLoop {
    private let inbox: TransferInbox
    private let multi: UnsafeMutableRawPointer
    private let epoll: Int32
    private let maximumIdleHandles: Int
    private var idleHandles: [CurlHandle] = []
    private var transfers: [UInt64: CurlTransfer] = [:]
    private var watched: Set<Int32> = []
    /// When curl wants to be called without news.
    private var alarm: ContinuousClock.Instant?

    private static let isSetUp = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// nil when the system has nothing left for it.
    init?(inbox: TransferInbox, connections: Int) {
        guard Self.isSetUp, let multi = curl_multi_init() else { return nil }
        self.inbox = inbox
        self.multi = multi
        maximumIdleHandles = connections
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: inbox.wakeUp))
        guard epoll >= 0, inbox.wakeUp >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, inbox.wakeUp, &event) == 0 else {
            return nil
        }
        // Many systems begin with 1024; what is not a connection needs some too.
        bestofn_allow_descriptors(UInt(max(connections, 1)) + 768)
        bestofn_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(connections, 1))
        bestofn_curl_multi_set_callbacks(
            multi,
            { _, socket, what, context, _ in
                guard let context else { return -1 }
                return Unmanaged<CurlEventLoop>.fromOpaque(context).takeUnretainedValue().watch(socket, for: what)
            },
            { _, milliseconds, context in
                guard let context else { return -1 }
                let loop = Unmanaged<CurlEventLoop>.fromOpaque(context).takeUnretainedValue()
                loop.alarm = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_multi_cleanup(multi)
        if epoll >= 0 { close(epoll) }
    }

    func run() {
        // curl is told to leave signals alone; a TLS library may write to a connection that is closed.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)

        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var running: Int32 = 0
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
            var hasMail = false
            for event in events.prefix(Int(max(count, 0))) {
                if event.data.fd == inbox.wakeUp {
                    hasMail = true
                } else {
                    curl_multi_socket_action(multi, event.data.fd, Self.news(event.events), &running)
                }
            }
            if hasMail {
                let (commands, isClosed) = inbox.take()
                for command in commands { obey(command) }
                if isClosed { return endAll() }
            }
            if let alarm, alarm <= .now {
                self.alarm = nil
                curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
            }
            finishTransfers()
        }
    }

    private func obey(_ command: TransferInbox.Command) {
        switch command {
        case .send(let submission):
            guard let handle = idleHandles.popLast() ?? CurlHandle() else {
                submission.continuation.resume(throwing: TransportFailure.dropped(reason: "out of memory"))
                return
            }
            let transfer = CurlTransfer(submission, on: handle)
            let code = curl_multi_add_handle(multi, handle.pointer)
            guard code == CURLM_OK else {
                let reason = String(cString: curl_multi_strerror(code))
                submission.continuation.resume(throwing: TransportFailure.dropped(reason: reason))
                return
            }
            transfers[submission.id] = transfer
        case .cancel(let id):
            guard let transfer = transfers[id] else { return }
            remove(transfer)
            transfer.submission.continuation.resume(throwing: CancellationError())
        }
    }

    private func finishTransfers() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            bestofn_curl_get_pointer(message.pointee.easy_handle, &context)
            guard let context else { continue }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            transfer.end(code)
            remove(transfer)
        }
    }

    private func remove(_ transfer: CurlTransfer) {
        curl_multi_remove_handle(multi, transfer.handle.pointer)
        transfers[transfer.submission.id] = nil
        if idleHandles.count < maximumIdleHandles { idleHandles.append(transfer.handle) }
    }

    private func endAll() {
        for transfer in transfers.values {
            curl_multi_remove_handle(multi, transfer.handle.pointer)
            transfer.submission.continuation.resume(throwing: CancellationError())
        }
        transfers = [:]
        idleHandles = []
    }

    // MARK: What curl asks of the system

    private func watch(_ socket: Int32, for what: Int32) -> Int32 {
        guard what != CURL_POLL_REMOVE else {
            if watched.remove(socket) != nil { epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil) }
            return 0
        }
        var interest: UInt32 = 0
        if what & CURL_POLL_IN != 0 { interest |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { interest |= EPOLLOUT.rawValue }
        var event = epoll_event(events: interest, data: epoll_data_t(fd: socket))
        let isNew = watched.insert(socket).inserted
        return epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) == 0 ? 0 : -1
    }

    private static func news(_ events: UInt32) -> Int32 {
        var news: Int32 = 0
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { news |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { news |= CURL_CSELECT_OUT }
        if events & EPOLLERR.rawValue != 0 { news |= CURL_CSELECT_ERR }
        return news
    }

    /// In milliseconds, rounded up; -1 for as long as it takes.
    private var timeout: Int32 {
        guard let alarm else { return -1 }
        return Int32(min(max(((alarm - .now) / .milliseconds(1)).rounded(.up), 0), 60_000))
    }
}
