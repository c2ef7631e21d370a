package io.nimbus.router.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedReaderTest {
    private final StringBuilder body = new StringBuilder();

    private void take(ByteBuf data) {
        body.append(data.toString(ISO_8859_1));
        data.release();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, ISO_8859_1);
    }

    @Test
    void a_body_is_put_together_whatever_pieces_it_comes_in() throws MalformedException {
        var text =
                "4\r\nWiki\r\n5;a=b;c=\"d\"\r\npedia\r\nA\r\n in chunks\r\n0\r\nX-Y: z\r\n\r\nrest";
        for (int split = 1; split < text.length() - 4; split++) {
            body.setLength(0);
            var reader = new ChunkedReader(false);
            var first = bytes(text.substring(0, split));
            var second = bytes(text.substring(split));
            if (!reader.read(first, this::take)) {
                assertThat(reader.read(second, this::take)).isTrue();
            }
            assertThat(second.readableBytes()).isEqualTo(4);
            assertThat(body).hasToString("Wikipedia in chunks");
            assertThat(reader.trailer().text("x-y")).isEqualTo("z");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\r\n",
                ";\r\n",
                "g\r\n",
                "-1\r\n",
                "+1\r\n",
                "0x1\r\n",
                " 1\r\na\r\n",
                "1 \r\na\r\n",
                "1\na\r\n",
                "1\r\na\n",
                "1\r\nab\r\n",
                "1;a\nb\r\n",
                "1;\u0001\r\n",
                "ffffffffffffffff1\r\n",
                "0\r\n\n",
                "0\r\nBad Name: 1\r\n\r\n",
                "0\r\n folded\r\n\r\n"
            })
    void what_is_no_chunk_is_refused(String text) {
        assertThatThrownBy(() -> new ChunkedReader(false).read(bytes(text), this::take))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void a_padded_size_is_understood_where_patience_is_asked_for() throws MalformedException {
        assertThat(new ChunkedReader(true).read(bytes("2  \r\nok\r\n0\r\n\r\n"), this::take))
                .isTrue();
        assertThat(body).hasToString("ok");
    }

    @Test
    void extensions_have_a_measure() {
        var text = "1;" + "x".repeat(10_000) + "\r\na\r\n";
        assertThatThrownBy(() -> new ChunkedReader(false).read(bytes(text), this::take))
                .isInstanceOf(MalformedException.class);
    }
}
