/** Pages for people: login, approval, passcode; sessions. */
@NullMarked
package io.nimbus.uaa.browser;

import org.jspecify.annotations.NullMarked;
