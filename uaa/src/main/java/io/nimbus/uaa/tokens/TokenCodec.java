package io.nimbus.uaa.tokens;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import io.nimbus.uaa.keys.SigningKeys;
import io.nimbus.uaa.web.Json;
import io.nimbus.uaa.web.UaaError;
import io.nimbus.uaa.web.UaaException;
import java.text.ParseException;
import java.util.Map;
import tools.jackson.core.JacksonException;

/** Claims to signed tokens and back. RS256 and nothing else, by keys of ours. */
final class TokenCodec {
    private final SigningKeys keys;

    TokenCodec(SigningKeys keys) {
        this.keys = keys;
    }

    String sign(Map<String, Object> claims) {
        var key = keys.signing();
        // The claims as they are: the JWT library would write an audience of one as a text.
        var token =
                new JWSObject(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .type(JOSEObjectType.JWT)
                                .keyID(key.id())
                                .build(),
                        new Payload(Json.MAPPER.writeValueAsString(claims)));
        try {
            token.sign(key.signer());
        } catch (JOSEException e) {
            throw new IllegalStateException("a token cannot be signed", e);
        }
        return token.serialize();
    }

    /**
     * The claims of a token with our signature; nothing else is checked.
     *
     * @throws UaaException invalid_token
     */
    Claims verify(String text) {
        try {
            var token = JWSObject.parse(text);
            if (!JWSAlgorithm.RS256.equals(token.getHeader().getAlgorithm())) {
                throw invalid("The token's algorithm is not accepted");
            }
            var id = token.getHeader().getKeyID();
            if (id == null || !token.verify(keys.require(id).verifier())) {
                throw invalid("The token's signature is wrong");
            }
            return Claims.of(Json.MAPPER.readTree(token.getPayload().toString()));
        } catch (ParseException | IllegalArgumentException e) {
            throw invalid("The token is malformed");
        } catch (JOSEException | JacksonException e) {
            throw invalid("The token's signature is wrong");
        }
    }

    private static UaaException invalid(String reason) {
        return UaaError.INVALID_TOKEN.of(reason);
    }
}
