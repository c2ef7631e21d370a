package io.nimbus.uaa.keys;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.PasswordBasedDecrypter;
import com.nimbusds.jose.crypto.PasswordBasedEncrypter;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;

/** How private keys lie in the database: as a JWK, or as a JWE of it when there is a passphrase. */
final class KeyVault {
    private static final int SALT_BYTES = 16;
    private static final int ITERATIONS = 200_000;

    private final @Nullable String passphrase;

    KeyVault(@Nullable String passphrase) {
        this.passphrase = passphrase;
    }

    String close(RSAKey key) throws JOSEException {
        if (passphrase == null) {
            return key.toJSONString();
        }
        var sealed =
                new JWEObject(
                        new JWEHeader(JWEAlgorithm.PBES2_HS512_A256KW, EncryptionMethod.A256GCM),
                        new Payload(key.toJSONString()));
        sealed.encrypt(new PasswordBasedEncrypter(passphrase, SALT_BYTES, ITERATIONS));
        return sealed.serialize();
    }

    /** Keys from before there was a passphrase open as they are; rotation replaces them. */
    RSAKey open(String stored) throws JOSEException, ParseException {
        if (stored.startsWith("{")) {
            return RSAKey.parse(stored);
        }
        if (passphrase == null) {
            throw new JOSEException("it is encrypted, and keys.passphrase is not given");
        }
        var sealed = JWEObject.parse(stored);
        sealed.decrypt(new PasswordBasedDecrypter(passphrase));
        return RSAKey.parse(sealed.getPayload().toString());
    }
}
