"""The turn: read -> authorize -> confirm -> act -> answer, frozen values passed one way."""
