"""The pages: what a browser is shown, and the forms that it sends back."""
