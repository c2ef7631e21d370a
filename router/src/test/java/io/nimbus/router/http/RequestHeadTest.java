package io.nimbus.router.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadTest {
    private static RequestHead read(String text) throws MalformedException {
        var head = new RequestHead();
        assertThat(head.read(Unpooled.wrappedBuffer(text.getBytes(ISO_8859_1)), 1 << 20)).isTrue();
        return head;
    }

    @Test
    void a_head_is_read_whatever_pieces_it_comes_in() throws MalformedException {
        var text =
                "POST /a/b?c HTTP/1.1\r\nHost: x.test:80\r\nContent-Length:  12 \r\nX-Y:\r\n\r\nrest";
        var bytes = text.getBytes(ISO_8859_1);
        for (int split = 1; split < bytes.length - 4; split++) {
            var head = new RequestHead();
            var first = Unpooled.wrappedBuffer(bytes, 0, split);
            boolean done = head.read(first, 1 << 20);
            var second = Unpooled.wrappedBuffer(bytes, split, bytes.length - split);
            if (!done) {
                assertThat(head.read(second, 1 << 20)).isTrue();
            }
            assertThat(second.readableBytes()).isEqualTo(4);
            assertThat(head.method()).isEqualTo("POST");
            assertThat(head.targetText()).isEqualTo("/a/b?c");
            assertThat(head.hostText()).isEqualTo("x.test:80");
            assertThat(head.hostNameEnd() - head.host()).isEqualTo(6);
            assertThat(head.pathEnd() - head.path()).isEqualTo(4);
            assertThat(head.bodyLength()).isEqualTo(12);
            assertThat(head.text("x-y")).isEmpty();
        }
    }

    @Test
    void a_head_can_be_used_again() throws MalformedException {
        var head = read("GET / HTTP/1.0\r\nHost: a\r\nCookie: 1\r\nConnection: close\r\n\r\n");
        head.clear();
        head.read(
                Unpooled.wrappedBuffer("GET / HTTP/1.1\r\nHost: b\r\n\r\n".getBytes(ISO_8859_1)),
                1 << 20);
        assertThat(head.hostText()).isEqualTo("b");
        assertThat(head.has(Field.COOKIE)).isFalse();
        assertThat(head.keepsAlive()).isTrue();
        assertThat(head.count()).isEqualTo(1);
    }

    @Test
    void a_head_without_end_is_too_large_some_time() {
        var head = new RequestHead();
        assertThatThrownBy(
                        () -> {
                            var line = ("X: " + "y".repeat(1000) + "\r\n").getBytes(ISO_8859_1);
                            head.read(
                                    Unpooled.wrappedBuffer(
                                            "GET / HTTP/1.1\r\n".getBytes(ISO_8859_1)),
                                    64_000);
                            while (!head.read(Unpooled.wrappedBuffer(line), 64_000)) {
                                assertThat(head.length()).isLessThan(70_000);
                            }
                        })
                .isInstanceOfSatisfying(
                        MalformedException.class,
                        e -> assertThat(e.fault()).isEqualTo(HeadFault.TOO_LARGE));
    }

    @Test
    void fields_that_the_client_nominates_are_struck_unless_they_are_kept()
            throws MalformedException {
        var nominated = "X-A: 1\r\nCookie: c\r\nX-Forwarded-For: f\r\n\r\n";
        var head =
                read(
                        "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-A, x-forwarded-for, Host, Cookie\r\n"
                                + nominated);
        assertThat(head.nominatesFields()).isTrue();
        head.strikeNominated(Set.of("x-forwarded-for"));
        assertThat(head.has(Field.COOKIE)).isFalse();
        assertThat(head.has(Field.X_FORWARDED_FOR)).isTrue();
        assertThat(head.has(Field.HOST)).isTrue();
        assertThat(head.id(2)).isEqualTo(Field.CONNECTION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: Upgrade\r\nUpgrade: websocket",
                "Connection: keep-alive, UPGRADE\r\nUpgrade: foo",
                "Connection: a\r\nConnection: upgrade\r\nUpgrade: foo"
            })
    void upgrades_are_recognised(String lines) throws MalformedException {
        assertThat(read("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n").upgrades()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upgrade: websocket",
                "Connection: upgrade",
                "Connection: upgrade\r\nUpgrade: h2c",
                "Connection: upgrade\r\nUpgrade: websocket, h2c",
                "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b",
                "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5"
            })
    void what_is_no_upgrade_is_none(String lines) throws MalformedException {
        assertThat(read("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n").upgrades()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: +5",
                "Content-Length: -1",
                "Content-Length: 5, 5",
                "Content-Length:",
                "Content-Length: 0x5",
                "Content-Length: 5 5",
                "Content-Length: 99999999999999999999",
                "Content-Length: 5\r\nContent-Length: 05x",
                "Content-Length: 1\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding:",
                "Transfer-Encoding:\u000bchunked"
            })
    void lengths_in_doubt_are_refused(String lines) {
        assertThatThrownBy(() -> read("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n"))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void chunks_in_http_1_0_are_refused() {
        assertThatThrownBy(() ->
                        read("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isInstanceOf(MalformedException.class);
    }
}
